//! Generates the Kotlin, Swift and Python sources from the built library:
//! `uniffi-bindgen generate --language kotlin --out-dir OUT target/debug/libsatchel_ffi.so`.

fn main() {
    uniffi::uniffi_bindgen_main();
}
