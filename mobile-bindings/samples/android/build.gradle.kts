// A sample app on the Android library. Not built in this repository's CI: the Android SDK is not to be had there.
plugins {
    id("com.android.application") version "8.13.0"
    id("org.jetbrains.kotlin.android") version "2.4.21"
    id("org.jetbrains.kotlin.plugin.compose") version "2.4.21"
}

android {
    namespace = "dev.satchel.sample"
    compileSdk = 36
    defaultConfig {
        applicationId = "dev.satchel.sample"
        minSdk = 26
        targetSdk = 36
        versionCode = 1
        versionName = "0.1.0"
    }
    sourceSets { getByName("main") { java.srcDirs("src/main/kotlin") } }
    buildFeatures { compose = true }
    buildTypes { release { isMinifyEnabled = true } }
}

dependencies {
    // mobile-bindings/android, by `includeBuild` in settings.gradle.kts.
    implementation("dev.satchel:satchel-android:0.1.0")
    implementation(platform("androidx.compose:compose-bom:2026.09.00"))
    implementation("androidx.compose.material3:material3")
    implementation("androidx.activity:activity-compose:1.11.0")
    implementation("androidx.lifecycle:lifecycle-runtime-compose:2.9.4")
}
