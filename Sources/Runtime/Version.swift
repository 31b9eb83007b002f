/// Which Martlet this is.
package enum Version {
    /// Three numbers, as SDKs expect of `runtimeVersion` in the metadata API (spec 5.11).
    package static let current = "0.1.0"
}
