package ifmatch

// inDoubt lists what leaves open whether the write took effect, so that the resource is looked at.
var inDoubt = in(toldRefusedInDoubt, toldOutdatedInDoubt, toldUnshown, toldDenied, toldElsewhere, toldPromise,
	toldNothing)

// byGateway lists the refusals that may be about a second copy, which a gateway made unseen.
var byGateway = in(toldSuspect, toldConflict, toldOutdated)

// outcomeRows decide what became of a write; the first row that matches counts.
//
// Once a copy may have arrived without an answer, no later answer is believed by itself: a 412 may
// be about our own write. All copies carry one condition, so at most one of them takes effect.
var outcomeRows = []outcomeRow{
	{told: in(toldNotSent), seen: in(notLooked), then: refuse, because: "no byte left"},
	{
		told: in(toldSuccess), seen: in(notLooked), then: succeed,
		because: "the server says so, and its content does not deny it",
	},
	{
		told: in(toldRepeated), seen: in(notLooked), then: unknown, err: errRepeated,
		because: "what it was made from comes back: an earlier copy may have landed and been undone by others",
	},
	{told: in(toldIgnored), seen: in(notLooked), then: refuse, err: ErrIgnored,
		because: "the answer shows the version and the content that were to be changed"},
	{told: in(toldRefused), seen: in(notLooked), then: refuse, because: "the server says so of the only copy"},

	// A refusal of the only copy that is known.
	{told: byGateway, seen: in(notLooked), only: identified, then: look, because: "a gateway may have sent it twice"},
	{told: byGateway, seen: in(notLooked), then: refuse, because: "the server says so of the only copy"},
	{told: byGateway, seen: in(seenIdentifier), then: succeed, because: "the refusal was about a second copy"},
	{told: byGateway, seen: in(seenExcluded), then: refuse, because: "our identifier would be there"},
	{
		told: in(toldSuspect), seen: in(lookFailed), then: refuse, err: errNotLookedAfter,
		because: "it says nothing of another copy",
	},
	{told: in(toldConflict, toldOutdated), seen: in(lookFailed), then: unknown,
		because: "a second copy of a write that landed is refused like this"},
	{told: in(toldConflict), seen: in(seenUntouched), only: creating, then: unknown,
		because: "absence is no version: others may have deleted it"},
	{told: in(toldSuspect, toldConflict), seen: in(seenUntouched), then: refuse, because: "no copy landed"},
	{told: in(toldOutdated), seen: in(seenUntouched), then: unknown, err: ErrRefusedTag,
		because: "the server says that the version has moved: the look is old, or the tag altered"},
	{told: byGateway, seen: in(seenReturned), then: unknown, err: errReturned,
		because: "ours may have landed and been undone by others"},
	{
		told: byGateway, seen: in(seenGone), then: refuse, because: "it is gone, whatever was written before",
	},
	{
		told: byGateway, seen: in(seenUnknowable), only: creating, then: refuse,
		because: "it exists, and what is there is not ours",
	},
	{told: byGateway, seen: in(seenUnknowable), then: unknown,
		because: "our identifier is neither there nor excluded"},

	// A copy may have taken effect.
	{told: inDoubt, seen: in(notLooked), then: look, because: "the answer leaves it open"},
	{told: inDoubt, seen: in(seenIdentifier), then: succeed, because: "our write is there"},
	{told: inDoubt, seen: in(seenInForce), then: succeed, because: "what was asked is so"},
	{told: in(toldUnshown), seen: in(lookFailed), then: succeed, because: "the server says so, and nothing denies it"},
	{told: inDoubt, seen: in(lookFailed), then: unknown, because: "a copy may have landed"},
	{
		told: in(toldPromise), seen: in(seenUntouched, seenReturned, seenGone, seenExcluded, seenUnknowable),
		then:    unknown,
		because: "it may be done later, or in part",
	},
	{told: inDoubt, seen: in(seenReturned), then: unknown, err: errReturned,
		because: "ours may have landed and been undone by others"},

	{told: in(toldDenied), seen: in(seenUntouched, seenExcluded), only: creating, then: unknown,
		because: "absence is no version: it may have been created, and deleted by others"},
	{told: in(toldUnshown, toldDenied), seen: in(seenUntouched, seenExcluded), then: refuse, err: ErrIgnored,
		because: "nothing was changed by it"},
	{
		told: in(toldUnshown), seen: in(seenGone, seenUnknowable), then: succeed,
		because: "the version has moved, as the server says",
	},

	{told: in(toldRefusedInDoubt), seen: in(seenUntouched), then: unknown,
		because: "the look may be older than the copy that landed"},
	{told: in(toldOutdatedInDoubt), seen: in(seenUntouched), then: unknown, err: ErrRefusedTag,
		because: "the server says that the version has moved: the look is old, or the tag altered"},
	{
		told: in(toldRefusedInDoubt, toldOutdatedInDoubt, toldElsewhere, toldNothing), seen: in(seenExcluded),
		only: creating,
		then: unknown, because: "others have created it, and ours may yet arrive when it is gone",
	},
	{told: in(toldRefusedInDoubt, toldOutdatedInDoubt, toldElsewhere), seen: in(seenExcluded), then: refuse,
		because: "no copy landed"},

	{told: in(toldElsewhere, toldNothing), seen: in(seenUntouched), only: creating, then: unknown,
		because: "absence is no version: others may have deleted it, or it may yet arrive"},
	{
		told: in(toldElsewhere), seen: in(seenUntouched), then: refuse,
		because: "nothing was done, and another place is named",
	},
	{told: in(toldNothing), seen: in(seenUntouched), only: spent, then: unknown, err: errNoAnswer,
		because: "a copy may still be on its way"},
	{
		told: in(toldNothing), seen: in(seenUntouched), then: sendAgain,
		because: "no copy has taken effect, and at most one will",
	},
	{
		told: in(toldNothing), seen: in(seenExcluded), then: superseded,
		because: "no copy landed, and others have written",
	},
	{
		told: inDoubt, seen: in(seenGone, seenUnknowable), then: unknown,
		because: "the newest version may descend from ours",
	},
}
