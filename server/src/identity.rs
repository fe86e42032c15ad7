//! Who is who, and who may see and do what: rules over [`crate::store`], without SQL and without HTTP.
