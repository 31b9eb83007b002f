/// What the sender of a command wants of its reply; errors come as errors in every form.
///
/// Events come in replies by the hundred, and nearly all of a reply tree would be thrown away at once: the forms build only what is used.
package enum RedisReplyForm: Sendable, Equatable {
    /// The reply as it is.
    case whole
    /// Whether there is a reply: of bytes with a length nothing is kept (`XADD` answers the new entry's id).
    case confirmation
    /// The entries of one stream as `XREADGROUP` answers them: an array of one stream, which is its name and its entries.
    case readEntries
    /// Entries as `XCLAIM` and `XRANGE` answer them.
    case entries
}
