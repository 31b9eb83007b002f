/// What flags and Configuration say about callers, paths and bodies. Each part that is nil costs one look.
package struct APIRules: Sendable, Equatable {
    /// Origins of pages in browsers; nil where CORS is off.
    package var cors: CORSPolicy?
    /// Allowed and denied APIs; nil where every API is served.
    package var access: APIAccess?
    /// Where we are stricter than daprd; nil where we are not.
    package var strictness: APIStrictness?

    package init(cors: CORSPolicy? = nil, access: APIAccess? = nil, strictness: APIStrictness? = nil) {
        self.cors = cors
        self.access = access
        self.strictness = strictness
    }
}
