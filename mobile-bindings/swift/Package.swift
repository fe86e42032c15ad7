// swift-tools-version: 6.0
// Satchel for Swift. The sources that are generated are not in the repository: `cargo xtask bindings swift --sources DIR`
// writes the whole package, with them, into a folder.

import PackageDescription

// What is written in Rust. Where there is no XCFramework it is a shared library, and its folder is said to the linker.
#if os(Linux)
    let native = Target.systemLibrary(name: "SatchelNative")
#else
    let native = Target.binaryTarget(name: "SatchelNative", path: "SatchelNative.xcframework")
#endif

let package = Package(
    name: "SatchelKit",
    platforms: [.iOS(.v16), .macOS(.v13)],
    products: [.library(name: "SatchelKit", targets: ["SatchelKit"])],
    targets: [
        native,
        .target(name: "SatchelFFI", dependencies: ["SatchelNative"]),
        .target(
            name: "SatchelKit",
            dependencies: ["SatchelFFI"],
            resources: [.copy("PrivacyInfo.xcprivacy")]
        ),
        // A rep's day from the command line; no product: an app that depends on the package does not build it.
        .executableTarget(name: "SatchelSample", dependencies: ["SatchelKit"], path: "Sample"),
        .testTarget(name: "SatchelKitTests", dependencies: ["SatchelKit", "SatchelSample"]),
    ],
    swiftLanguageModes: [.v6]
)
