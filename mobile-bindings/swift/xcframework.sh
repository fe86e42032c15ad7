#!/bin/sh
# Builds the XCFramework (device, simulator, macOS) and the package that uses it, into a folder. Wants a Mac with Xcode and
# Rust's five targets. Not run in this repository's CI: there is no Xcode.
#
#   mobile-bindings/swift/xcframework.sh OUT         # Package.swift names the framework beside it
#   mobile-bindings/swift/xcframework.sh OUT URL     # Package.swift names URL, where the zip will stand, and its checksum
set -eu

out=$1
url=${2:-}
cd "$(dirname "$0")/../.."
name=SatchelNative
rm -rf "$out"
mkdir -p "$out"
out=$(cd "$out" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The sources are made of a library that still has its symbols: the host's.
cargo xtask bindings swift --sources "$out"

# The oldest systems on which the library runs, as in Package.swift.
export IPHONEOS_DEPLOYMENT_TARGET=16.0 MACOSX_DEPLOYMENT_TARGET=13.0
library() {
    cargo rustc --package satchel-ffi --lib --release --locked --crate-type staticlib --target "$1" >&2
    echo "${CARGO_TARGET_DIR:-target}/$1/release/libsatchel_ffi.a"
}

# One file for each platform, with what all its processors run.
joined() {
    mkdir -p "$work/$1"
    file="$work/$1/libsatchel_ffi.a"
    shift
    lipo -create "$@" -output "$file"
    echo "$file"
}

device=$(library aarch64-apple-ios)
simulator=$(joined simulator "$(library aarch64-apple-ios-sim)" "$(library x86_64-apple-ios)")
mac=$(joined mac "$(library aarch64-apple-darwin)" "$(library x86_64-apple-darwin)")

# In a folder of their own: another framework made the same way has a module map of the same name. The framework links
# itself; what the map says of the shared library is for Linux.
headers="$work/headers"
mkdir -p "$headers/$name"
cp "$out/Sources/$name"/*.h "$headers/$name/"
grep -v 'link "satchel_ffi"' "$out/Sources/$name/module.modulemap" > "$headers/$name/module.modulemap"
rm -r "$out/Sources/$name"

xcodebuild -create-xcframework \
    -library "$device" -headers "$headers" \
    -library "$simulator" -headers "$headers" \
    -library "$mac" -headers "$headers" \
    -output "$out/$name.xcframework"

if [ -n "${SATCHEL_SIGNING_IDENTITY:-}" ]; then
    codesign --timestamp --sign "$SATCHEL_SIGNING_IDENTITY" "$out/$name.xcframework"
fi

if [ -n "$url" ]; then
    (cd "$out" && ditto -c -k --sequesterRsrc --keepParent "$name.xcframework" "$name.xcframework.zip")
    # What `swift package compute-checksum` says, too.
    checksum=$(shasum -a 256 "$out/$name.xcframework.zip" | cut -d ' ' -f 1)
    sed "s|path: \"$name.xcframework\"|url: \"$url\", checksum: \"$checksum\"|" "$out/Package.swift" > "$work/Package.swift"
    grep -q "$checksum" "$work/Package.swift" || { echo "Package.swift is not as it was" >&2; exit 1; }
    mv "$work/Package.swift" "$out/Package.swift"
    rm -r "$out/$name.xcframework"
    echo "$checksum  $name.xcframework.zip"
fi
