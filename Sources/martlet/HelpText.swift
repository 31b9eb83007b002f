internal import Runtime

/// The texts of `martlet help`.
enum HelpText {
    static let overview = """
        martlet \(Version.current): an event runtime beside your app. Publish over HTTP, receive over HTTP, whatever the broker is.

        Usage: martlet COMMAND [flags]

        On your machine
          run        starts a sidecar and your app together, and stops both together
          publish    sends one event through a running sidecar

        Resources
          check      says everything that is wrong in resource files
          explain    describes kinds of resources and types of components
          tail       shows the events of a topic as they come

        In production
          sidecar    starts the sidecar alone; flags and environment are those of daprd
                     (also: flags without a command, or a link to martlet that is named daprd)

        About
          version    tells which Martlet this is
          help       shows this, or the flags of a command: martlet help run

        First event:
          martlet run --app-id orders --app-port 6000 -- python3 app.py
          martlet publish --pubsub pubsub --topic orders --data '{"id": 1}'

        With a broker of yours:
          martlet run --app-id orders --app-port 6000 --resources-path ./components -- python3 app.py

        Exit statuses: 0 done, 1 one line says what is wrong, 2 the command line cannot be read; run ends as your app does.

        """

    static let sidecar = """
        Usage: martlet sidecar --app-id ID [flags]

        Runs until SIGTERM or SIGINT, then lets go of the brokers in order. Flags and environment variables are those of daprd;
        what a flag asks for that is not there is said in the log.

        """

    static let check = """
        Usage: martlet check [flags] [FILE or FOLDER]...

        Reads resources as a sidecar would, connects to nothing, and says everything
        that is wrong at once, with file, line and column. Without a FILE or FOLDER it
        takes ./resources and ./components, else ~/.dapr/components.

        An error keeps the sidecar from starting, or something out of it. A warning is
        what daprd lets pass: a field that nobody reads, a rule that never matches.
        Exit statuses: 0 no error, 1 errors (with --strict: warnings too), 2 usage.

          martlet check resources
          martlet check --strict --output json orders.yaml

        Flags:

        """

    static let explain = """
        Usage: martlet explain [KIND or TYPE] [flags]

        Shows what a kind of resource or a type of component may hold: each field with
        type, default and meaning. Without a name it lists what there is.

          martlet explain subscription
          martlet explain pubsub.redis
          martlet explain --schema > resource.schema.json     for your editor

        Flags:

        """

    static let tail = """
        Usage: martlet tail TOPIC [flags]

        Shows the events of a topic as they come, until Ctrl-C. It takes no part in any
        consumer group: nothing is acknowledged, moved or held up.

          martlet tail orders
          martlet tail orders -p pubsub -d ./components --from-beginning --max 10

        Flags:

        """

    static let publish = """
        Usage: martlet publish --pubsub NAME --topic TOPIC (--data DATA | --data-file FILE) [flags]

        Sends one event through a running sidecar, and tells when the broker has it. A token in DAPR_API_TOKEN is sent along.

          martlet publish -p pubsub -t orders -d '{"id": 1}'
          martlet publish -p pubsub -t orders -f order.json -m ttlInSeconds=60

        Flags:

        """

    static let run = """
        Usage: martlet run [flags] -- COMMAND...

        Starts a sidecar and COMMAND. COMMAND finds the sidecar through DAPR_HTTP_PORT and DAPR_GRPC_PORT, and its own port in
        APP_PORT (--app-port 0 chooses a free one). When one of them ends, the other is ended too; the exit status is COMMAND's.

        Without --resources-path and ~/.dapr/components there is a broker named pubsub that keeps events in a file.
        Ports that no flag names are the usual ones where they are free, else any free one.

          martlet run --app-id orders --app-port 6000 -- python3 app.py
          martlet run -a orders -p 0 -d ./components -- ./orders

        """
}
