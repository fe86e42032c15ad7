//! What the parts of each frame are called, as in the tables of docs/protocol.md.

/// A frame: its type, its name, its parts in their order.
pub(crate) struct Shape {
    pub(crate) type_byte: u8,
    pub(crate) name: &'static str,
    pub(crate) parts: &'static [&'static str],
}

const fn named(type_byte: u8, name: &'static str, parts: &'static [&'static str]) -> Shape {
    Shape { type_byte, name, parts }
}

const FRAMES: &[Shape] = &[
    named(
        0x82,
        "Hello",
        &[
            "protocol",
            "schema",
            "exchange",
            "cursor",
            "caught up",
            "newest point heard",
            "grants hash",
            "digest",
            "pending",
            "clock",
            "byte budget",
            "actor",
            "floors",
            "wanted whole",
            "features",
        ],
    ),
    named(0x83, "Push", &["id", "kind", "base", "heads", "changes"]),
    named(0x84, "Purged", &["scope", "point of the Out", "documents"]),
    named(0x07, "Wiped", &["documents", "digest"]),
    named(0x05, "Acknowledge", &["cursor"]),
    named(0x86, "Authenticate", &["token"]),
    named(
        0x90,
        "Welcome",
        &["exchange", "clock", "token seconds", "new epoch", "revoked", "features"],
    ),
    named(
        0x91,
        "Receipt",
        &["id", "state", "code", "heads as pushed", "point", "readable"],
    ),
    named(0x92, "Grants", &["scopes"]),
    named(0x93, "Out", &["scope", "point"]),
    named(0x94, "ScopeRow", &["scope", "parent", "assignees"]),
    named(0x15, "Directory", &["JSON"]),
    named(
        0x96,
        "Doc",
        &["id", "kind", "scope", "seq", "snapshot", "changes", "heads", "row"],
    ),
    named(
        0x97,
        "Verdict",
        &["id", "decision", "heads as pushed", "code", "changes that leave"],
    ),
    named(0x1e, "Flag", &["id", "code", "heads", "author"]),
    named(0x08, "Compare", &["scopes"]),
    named(0x22, "Differ", &["scopes"]),
    named(0x09, "Reconcile", &["scope", "question", "need"]),
    named(0x23, "Reconciled", &["scope", "answer"]),
    named(
        0x98,
        "Commit",
        &["from", "to", "more", "run", "digest", "floors", "packs"],
    ),
    named(0x19, "Poke", &["seq"]),
    named(0x1a, "Authenticated", &["token seconds"]),
    named(0x9b, "Fault", &["code", "retry after"]),
    named(0x9c, "Pack", &["hash", "seq", "documents", "bytes", "scopes", "rows"]),
    named(0x9d, "Manifest", &["point", "more"]),
    named(0x9f, "Delta", &["id", "changes", "fingerprint", "schema", "difference"]),
    named(0xa2, "DocRow", &["id", "kind", "scope", "heads", "row"]),
    named(0xa3, "RowDelta", &["id", "heads", "known", "schema", "difference"]),
];

/// The frame of this type.
pub(crate) fn of(type_byte: u8) -> Option<&'static Shape> {
    FRAMES.iter().find(|frame| frame.type_byte == type_byte)
}
