import Glibc

// Checks what only an optimised build can get wrong: spans of short texts and of arrays that nobody else holds.
// `swift run -c release optimised-checks` exits with 1 on a wrong result.

var checks = Checks()
checks.checkTexts()
checks.checkNotations()
checks.checkArrays()
checks.checkFields()
checks.checkRequests()
checks.checkJSON()
checks.checkMetadata()
checks.checkEnvelopes()
checks.checkRules()
print("optimised-checks: \(checks.count) checks, \(checks.failures) wrong")
exit(checks.failures > 0 ? 1 : 0)
