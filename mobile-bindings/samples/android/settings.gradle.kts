pluginManagement {
    repositories {
        google()
        mavenCentral()
        gradlePluginPortal()
    }
}

dependencyResolutionManagement {
    repositories {
        google()
        mavenCentral()
    }
}

rootProject.name = "satchel-sample"

includeBuild("../../android") {
    dependencySubstitution {
        substitute(module("dev.satchel:satchel-android")).using(project(":"))
    }
}
