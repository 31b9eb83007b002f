// store-bench: publishes through a log and takes the events in groups beside it; prints rate, CPU and waits.
//
//     store-bench [events] [publishers] [groups] [bytes] [directory] [topics]

internal import Glibc
internal import Loop
internal import Messaging
internal import Store

let arguments = CommandLine.arguments.dropFirst().map { String($0) }
func argument(_ index: Int, _ otherwise: Int) -> Int {
    arguments.count > index ? Int(arguments[index]) ?? otherwise : otherwise
}

let plan = Bench.Plan(
    events: argument(0, 500_000), publishers: argument(1, 64), groups: argument(2, 1), bytes: argument(3, 1_024),
    directory: arguments.count > 4 ? arguments[4] : "/tmp", topics: argument(5, 1))
let loop = EventLoop()
loop.call {
    let bench = Bench(plan)
    loop.launch {
        await bench.run()
        loop.stop()
    }
}
loop.run()
