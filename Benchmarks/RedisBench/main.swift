internal import Glibc
internal import Loop

/// redis-bench [port] [events] [bytes] [publishers]: what the adapter costs, against a Redis that runs already.
///
/// First only publishing, then only reading and acknowledging what was published, then both with the time from end to end.
/// CPU seconds are this process' own, per 100,000 events; the database that it uses (9) is emptied.

func argument(_ index: Int, _ other: Int) -> Int {
    CommandLine.arguments.count > index ? Int(CommandLine.arguments[index]) ?? other : other
}

let plan = RedisBench.Plan(
    port: argument(1, 6379), events: argument(2, 200_000), bytes: argument(3, 1024), publishers: argument(4, 64))
let shard = Shard(name: "bench")
// Nobody drains the main queue: the task runs on the shard.
Task.detached(executorPreference: shard.loop) { [plan] in
    let problem = await RedisBench(plan).run()
    if let problem { print(problem) }
    exit(problem == nil ? 0 : 1)
}
shard.join()
