package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ifmatch-go/ifmatch/jsonmerge"
)

// document is the Deployment that the story begins with.
//
//go:embed testdata/deployment.json
var document []byte

// Deployment is what the writers know of the document: a small part, as usual. The tags say how a
// three-way merge recognises the elements of an array.
type Deployment struct {
	Metadata struct {
		Name        string            `json:"name"`
		Annotations map[string]string `json:"annotations"`
	} `json:"metadata"`
	Spec struct {
		Replicas int `json:"replicas"`
		Template struct {
			Spec struct {
				Containers []Container `json:"containers" merge:"key=name"`
			} `json:"spec"`
		} `json:"template"`
	} `json:"spec"`
}

// Container is what the writers know of a container.
type Container struct {
	Name  string   `json:"name"`
	Image string   `json:"image"`
	Env   []EnvVar `json:"env,omitempty" merge:"key=name"`
}

// EnvVar is what the writers know of an environment variable.
type EnvVar struct {
	Name  string `json:"name"`
	Value string `json:"value,omitempty"`
}

const incident = "shop.example/incident" // the name of an annotation

// web returns the container that the story is about.
func (d *Deployment) web() (*Container, error) {
	containers := d.Spec.Template.Spec.Containers
	i := slices.IndexFunc(containers, func(c Container) bool { return c.Name == "web" })
	if i < 0 {
		return nil, fmt.Errorf("the Deployment has no container %q", "web")
	}
	return &containers[i], nil
}

// image returns the address of the image of the container, nil if there is none.
func (d *Deployment) image() *string {
	c, err := d.web()
	if err != nil {
		return nil
	}
	return &c.Image
}

// version returns the part of the image that a release changes.
func (d *Deployment) version() string {
	image := d.image()
	if image == nil {
		return ""
	}
	return (*image)[strings.LastIndexByte(*image, ':')+1:]
}

func (d *Deployment) release(version string) error {
	c, err := d.web()
	if err == nil {
		c.Image = strings.TrimSuffix(c.Image, d.version()) + version
	}
	return err
}

func (d *Deployment) logLevel() string {
	c, err := d.web()
	if err != nil {
		return ""
	}
	i := slices.IndexFunc(c.Env, isLogLevel)
	if i < 0 {
		return ""
	}
	return c.Env[i].Value
}

func (d *Deployment) setLogLevel(level string) error {
	c, err := d.web()
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(c.Env, isLogLevel); i >= 0 {
		c.Env[i].Value = level
	} else {
		c.Env = append(c.Env, EnvVar{Name: "LOG_LEVEL", Value: level})
	}
	return nil
}

func isLogLevel(v EnvVar) bool { return v.Name == "LOG_LEVEL" }

func (d *Deployment) annotate(name, value string) {
	if d.Metadata.Annotations == nil {
		d.Metadata.Annotations = map[string]string{}
	}
	d.Metadata.Annotations[name] = value
}

// String tells, in columns, what the story changes.
func (d Deployment) String() string {
	note := d.Metadata.Annotations[incident]
	if note != "" {
		note = "incident " + note
	}
	return printable(fmt.Sprintf("replicas %-3d image %-7s LOG_LEVEL %-6s %-14s", d.Spec.Replicas, d.version(),
		d.logLevel(), note))
}

// compare lists which members of before are missing in after, and which values are others now, down
// to the digits of a number: JSON Pointers (RFC 6901), in no more detail than needed.
func compare(before, after []byte) (gone, changed []string, err error) {
	b, err := plain(before)
	if err != nil {
		return nil, nil, err
	}
	a, err := plain(after)
	if err != nil {
		return nil, nil, err
	}
	var walk func(at jsonmerge.Pointer, before, after any)
	walk = func(at jsonmerge.Pointer, before, after any) {
		below := parts(before)
		others := parts(after)
		if below == nil || others == nil {
			if below != nil || others != nil || before != after {
				changed = append(changed, at.String())
			}
			return
		}
		for name, value := range below {
			place := append(slices.Clone(at), name)
			if other, there := others[name]; there {
				walk(place, value, other)
			} else {
				gone = append(gone, place.String())
			}
		}
	}
	walk(nil, b, a)
	slices.Sort(gone)
	slices.Sort(changed)
	return gone, changed, nil
}

// plain decodes JSON with the digits of its numbers.
func plain(doc []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}

// parts returns the members of an object or the elements of an array, nil for what has no parts.
func parts(v any) map[string]any {
	switch v := v.(type) {
	case map[string]any:
		return v
	case []any:
		elements := make(map[string]any, len(v))
		for i, e := range v {
			elements[strconv.Itoa(i)] = e
		}
		return elements
	}
	return nil
}
