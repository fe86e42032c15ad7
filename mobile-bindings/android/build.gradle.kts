// The Android library. Not built in this repository's CI: neither the Android SDK nor the NDK is to be had there. The
// same sources are built and tested on the JVM by jvm/pom.xml. See docs/mobile.md.
import org.jetbrains.kotlin.gradle.dsl.JvmTarget

plugins {
    alias(libs.plugins.android.library)
    alias(libs.plugins.kotlin.android)
    `maven-publish`
}

group = "dev.satchel"
version = "0.1.0"

val repository = layout.projectDirectory.dir("../..")
val generated = layout.buildDirectory.dir("generated/satchel/kotlin")
val libraries = layout.buildDirectory.dir("generated/satchel/jniLibs")

android {
    namespace = "dev.satchel"
    compileSdk = 36
    defaultConfig {
        minSdk = 26
        consumerProguardFiles("consumer-rules.pro")
        ndk { abiFilters += listOf("arm64-v8a", "armeabi-v7a", "x86_64") }
    }
    sourceSets {
        getByName("main") {
            manifest.srcFile("src/android/AndroidManifest.xml")
            java.srcDirs("src/main/kotlin", "src/android/kotlin", generated)
            jniLibs.srcDirs(libraries)
        }
        getByName("test") { java.srcDirs("src/test/kotlin") }
    }
    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_11
        targetCompatibility = JavaVersion.VERSION_11
    }
    publishing { singleVariant("release") { withSourcesJar() } }
}

kotlin { compilerOptions { jvmTarget = JvmTarget.JVM_11 } }

dependencies {
    api(libs.coroutines.core)
    // The AAR carries JNA's own library for each ABI; the tests on the JVM take the plain jar.
    implementation(variantOf(libs.jna) { artifactType("aar") })
    testImplementation(libs.jna)
    testImplementation(libs.junit)
}

// One library for each ABI, by cargo-ndk (NDK r28 or newer). Play wants segments that are aligned to 16 KB.
val buildLibraries by tasks.registering(Exec::class) {
    workingDir(repository)
    environment("RUSTFLAGS", "-C link-arg=-Wl,-z,max-page-size=16384,-z,common-page-size=16384")
    commandLine(
        "cargo",
        "ndk",
        "--platform",
        "26",
        "-t",
        "arm64-v8a",
        "-t",
        "armeabi-v7a",
        "-t",
        "x86_64",
        "-o",
        libraries.get().asFile.path,
        "build",
        "--package",
        "satchel-ffi",
        "--release",
        "--locked",
    )
}

// The sources are made of a library that still has its symbols: the host's.
val generateSources by tasks.registering(Exec::class) {
    workingDir(repository)
    commandLine("cargo", "xtask", "bindings", "kotlin", "--sources", generated.get().asFile.path)
}

tasks.named("preBuild") { dependsOn(buildLibraries, generateSources) }

publishing {
    publications {
        register<MavenPublication>("release") {
            artifactId = "satchel-android"
            afterEvaluate { from(components["release"]) }
        }
    }
}
