//! Builds the relay again when the dashboard was built: its files are embedded.

fn main() {
    // The folder itself is committed, empty, so that nothing is built again while there is no dashboard.
    println!("cargo::rerun-if-changed=dashboard/dist");
}
