import Foundation
import Testing

@testable import martlet

@Suite struct RunStateMachineTests {
    typealias Fact = RunStateMachine.Fact
    typealias Action = RunStateMachine.Action

    struct Story: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var hasApp = true
        var steps: [(Fact, [Action])]
    }

    static let stories = [
        Story(
            testDescription: "the app ends by itself",
            steps: [
                (.serving, [.startApp]), (.appEnded(status: 3), [.stopSidecar]),
                (.sidecarEnded(status: 0), [.exit(3)]),
            ]),
        Story(
            testDescription: "the sidecar cannot start",
            steps: [(.sidecarEnded(status: 1), [.exit(1)])]),
        Story(
            testDescription: "the sidecar fails while the app runs",
            steps: [
                (.serving, [.startApp]), (.sidecarEnded(status: 1), [.signalApp(SIGTERM), .startLimit]),
                (.appEnded(status: 143), [.exit(1)]),
            ]),
        Story(
            testDescription: "the sidecar is ended through its API",
            steps: [
                (.serving, [.startApp]), (.sidecarEnded(status: 0), [.signalApp(SIGTERM), .startLimit]),
                (.limitPassed, [.signalApp(SIGKILL)]), (.appEnded(status: 137), [.exit(137)]),
            ]),
        Story(
            testDescription: "a signal is passed on, and the app obeys",
            steps: [
                (.serving, [.startApp]),
                (.signalled(SIGTERM, appHasIt: false), [.signalApp(SIGTERM), .startLimit]),
                (.appEnded(status: 0), [.stopSidecar]), (.limitPassed, []), (.sidecarEnded(status: 0), [.exit(0)]),
            ]),
        Story(
            testDescription: "the terminal has signalled the app already",
            steps: [
                (.serving, [.startApp]), (.signalled(SIGINT, appHasIt: true), [.startLimit]),
                (.signalled(SIGINT, appHasIt: true), [.signalApp(SIGKILL)]), (.appEnded(status: 137), [.stopSidecar]),
                (.sidecarEnded(status: 0), [.exit(137)]),
            ]),
        Story(
            testDescription: "the app stays after the limit",
            steps: [
                (.serving, [.startApp]),
                (.signalled(SIGINT, appHasIt: false), [.signalApp(SIGINT), .startLimit]),
                (.limitPassed, [.signalApp(SIGKILL)]), (.appEnded(status: 137), [.stopSidecar]),
                (.sidecarEnded(status: 1), [.exit(137)]),
            ]),
        Story(
            testDescription: "signals before the sidecar serves, and again while it ends",
            steps: [
                (.signalled(SIGTERM, appHasIt: false), [.stopSidecar]), (.serving, []),
                (.signalled(SIGTERM, appHasIt: false), [.exit(1)]),
            ]),
        Story(
            testDescription: "a sidecar alone",
            hasApp: false,
            steps: [
                (.serving, []), (.signalled(SIGTERM, appHasIt: false), [.stopSidecar]),
                (.sidecarEnded(status: 0), [.exit(0)]),
            ]),
        Story(
            testDescription: "the app cannot be started",
            steps: [
                (.serving, [.startApp]), (.appEnded(status: 127), [.stopSidecar]),
                (.sidecarEnded(status: 0), [.exit(127)]),
            ]),
        Story(
            testDescription: "the sidecar serves again after a restart",
            steps: [(.serving, [.startApp]), (.serving, [])]),
    ]

    @Test(arguments: stories)
    func `each fact has its actions`(story: Story) {
        var machine = RunStateMachine(hasApp: story.hasApp)
        for (fact, actions) in story.steps {
            #expect(machine.happened(fact) == actions, "after \(fact)")
        }
    }
}
