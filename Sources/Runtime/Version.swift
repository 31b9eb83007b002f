/// Which Martlet this is.
package enum Version {
    /// Three numbers, as SDKs expect of `runtimeVersion` in the metadata API (spec 5.11).
    package static let current = "0.1.0"

    /// The daprd whose behaviour is kept. The metadata API shows it, because SDKs decide by it what they may ask for.
    package static let daprCompatible = "1.18.3"
}
