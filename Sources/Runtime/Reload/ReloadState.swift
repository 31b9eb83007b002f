internal import Resources

/// What a reload has to remember from one time to the next.
struct ReloadState {
    /// Tells when files change; nil where they are not watched.
    var watch: ResourceWatch?
    /// One reload at a time, and no settings are brought back during one.
    let turnstile = Turnstile()
    /// The components as they are now, with their values, in load order.
    var resolved: [ResolvedComponent] = []
    /// New settings that could not be used, so that they are not tried and complained of again until they change.
    var rejected: [String: ResolvedComponent] = [:]
    /// What the last reading found in files and in values: the same is not said again.
    var fileFindings: [Finding] = []
    var valueFindings: [Finding] = []
}
