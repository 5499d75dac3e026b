import java.util.Collections;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.servlet.ServletContextHandler;
import org.eclipse.jetty.servlet.ServletHolder;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.context.support.StaticWebApplicationContext;
import org.springframework.web.servlet.DispatcherServlet;
import org.springframework.web.servlet.mvc.annotation.ResponseStatusExceptionResolver;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerAdapter;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;

/**
 * A handler as many programs have it, in Spring MVC: documents under /docs/{id}, and a 409 for the write that comes too late.
 *
 *   java --source 8 -cp ... Server.java text|empty|json     (the listening socket is standard input)
 *
 * The argument names how the 409 looks: text is ResponseEntity.body of a sentence, which Spring labels with whatever type the
 * client accepts, application/json for one; empty is an exception with @ResponseStatus; json is ResponseEntity.body of a Map.
 * A write to a document that is gone is a conflict like any other, and one without a condition is accepted.
 */
class Main {
    public static void main(String[] args) throws Exception {
        Docs.way = args[0];
        StaticWebApplicationContext context = new StaticWebApplicationContext();
        context.registerSingleton("docs", Docs.class);
        context.registerSingleton("mapping", RequestMappingHandlerMapping.class);
        context.registerSingleton("adapter", Adapter.class);
        context.registerSingleton("exceptions", ResponseStatusExceptionResolver.class);

        Server server = new Server();
        ServerConnector connector = new ServerConnector(server);
        connector.setInheritChannel(true);
        server.addConnector(connector);
        ServletContextHandler handler = new ServletContextHandler();
        handler.addServlet(new ServletHolder(new DispatcherServlet(context)), "/");
        server.setHandler(handler);
        server.start();
        server.join();
    }
}

/** The default adapter with JSON, which Spring would add by itself if it were configured by annotation. */
class Adapter extends RequestMappingHandlerAdapter {
    public Adapter() {
        getMessageConverters().add(new org.springframework.http.converter.json.MappingJackson2HttpMessageConverter());
    }
}

class Doc {
    final long version;
    final String type;
    final byte[] body;

    Doc(long version, String type, byte[] body) {
        this.version = version;
        this.type = type;
        this.body = body;
    }

    String tag() {
        return "\"" + version + "\"";
    }
}

@ResponseStatus(HttpStatus.CONFLICT)
class Modified extends RuntimeException {
}

@ResponseStatus(HttpStatus.NOT_FOUND)
class Missing extends RuntimeException {
}

@RestController
@RequestMapping("/docs/{id:.+}")
class Docs {
    static String way;
    private final Map<String, Doc> docs = new ConcurrentHashMap<>();
    private final AtomicLong versions = new AtomicLong();

    private static ResponseEntity<?> conflict() {
        switch (way) {
        case "text":
            return ResponseEntity.status(HttpStatus.CONFLICT).body("Resource has been modified");
        case "json":
            return ResponseEntity.status(HttpStatus.CONFLICT).body(Collections.singletonMap("error", "Resource has been modified"));
        default:
            throw new Modified();
        }
    }

    private static boolean outdated(Doc doc, String ifMatch, String ifNoneMatch) {
        return "*".equals(ifNoneMatch) && doc != null || ifMatch != null && (doc == null || !ifMatch.equals(doc.tag()));
    }

    @RequestMapping(method = RequestMethod.GET)
    ResponseEntity<byte[]> get(@PathVariable("id") String id) {
        Doc doc = docs.get(id);
        if (doc == null) {
            throw new Missing();
        }
        return ResponseEntity.ok().eTag(doc.tag()).header("Content-Type", doc.type).body(doc.body);
    }

    @RequestMapping(method = RequestMethod.PUT)
    synchronized ResponseEntity<?> put(@PathVariable("id") String id, @RequestBody byte[] body,
            @RequestHeader("Content-Type") String type,
            @RequestHeader(value = "If-Match", required = false) String ifMatch,
            @RequestHeader(value = "If-None-Match", required = false) String ifNoneMatch) {
        if (outdated(docs.get(id), ifMatch, ifNoneMatch)) {
            return conflict();
        }
        Doc doc = new Doc(versions.incrementAndGet(), type, body);
        docs.put(id, doc);
        return ResponseEntity.ok().eTag(doc.tag()).header("Content-Type", type).body(body);
    }

    @RequestMapping(method = RequestMethod.DELETE)
    synchronized ResponseEntity<?> delete(@PathVariable("id") String id,
            @RequestHeader(value = "If-Match", required = false) String ifMatch) {
        if (!docs.containsKey(id)) {
            throw new Missing();
        }
        if (outdated(docs.get(id), ifMatch, null)) {
            return conflict();
        }
        docs.remove(id);
        return ResponseEntity.noContent().build();
    }
}
