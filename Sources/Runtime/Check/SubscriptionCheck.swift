internal import Bytes
internal import Messaging
internal import Resources
internal import Rules

/// What is wrong with declarative subscriptions: their rules, and whether the components that they name are there. Pure.
struct SubscriptionCheck {
    /// Everything that was loaded, also what cannot be made.
    let components: [ComponentSpec]
    /// Those whose values are known.
    let resolved: [ResolvedComponent]
    let context: ResourceContext

    func findings(_ subscriptions: [SubscriptionSpec]) -> [Finding] {
        var findings: [Finding] = []
        for (index, spec) in subscriptions.enumerated() {
            if ScopeCheck.namesNobody(spec.scopes) {
                findings.append(finding(.warning, spec, "scopes", ScopeCheck.nobody))
            }
            findings += component(of: spec) + topics(of: spec) + rules(of: spec)
            let former = subscriptions[..<index].first { other in
                other.pubsubName == spec.pubsubName && other.topic == spec.topic
                    && !ScopeCheck.areDisjoint(other.scopes, spec.scopes)
            }
            if let former {
                let text =
                    "is not used: the Subscription \(former.name) (\(former.file):\(former.line)) has the same component "
                    + "and topic, and the first one counts"
                findings.append(finding(.warning, spec, "spec.topic", text))
            }
        }
        return findings
    }

    // MARK: Components

    private func component(of spec: SubscriptionSpec) -> [Finding] {
        let field = "spec.pubsubname"
        guard let component = components.first(where: { $0.name == spec.pubsubName }) else {
            let names = components.filter(\.isPubSub).map(\.name)
            let text =
                spec.pubsubName.isEmpty
                ? "is empty; name a pub/sub component"
                : "there is no component \(spec.pubsubName)" + NearestName.hint(for: spec.pubsubName, among: names)
            return [finding(.warning, spec, field, text)]
        }
        guard component.isPubSub else {
            let text =
                "\(component.name) is a \(component.type), which events cannot come from; name a pub/sub component"
            return [finding(.warning, spec, field, text)]
        }
        if ScopeCheck.areDisjoint(component.scopes, spec.scopes) {
            let text =
                "its scopes and those of the component \(component.name) have no app in common, so that nobody gets it"
            return [finding(.warning, spec, "scopes", text)]
        }
        return topicScopes(of: spec, component)
    }

    /// Whether any app may subscribe to the topic, as far as the apps are known.
    private func topicScopes(of spec: SubscriptionSpec, _ component: ComponentSpec) -> [Finding] {
        guard let resolved = resolved.first(where: { $0.spec.name == component.name }) else { return [] }
        var apps = context.isForEverybody ? spec.scopes : [context.appID]
        if apps.isEmpty { apps = component.scopes }
        let isAllowed =
            apps.isEmpty
            ? TopicScopes(appID: "", allowedTopics: resolved.value("allowedTopics") ?? "").maySubscribe(to: spec.topic)
            : apps.contains { TopicScopes(resolved, appID: $0).maySubscribe(to: spec.topic) }
        if isAllowed { return [] }
        let text =
            "the topic scopes of the component \(component.name) do not let any app of it subscribe to this topic"
        return [finding(.warning, spec, "spec.topic", text)]
    }

    // MARK: Topics

    private func topics(of spec: SubscriptionSpec) -> [Finding] {
        var findings: [Finding] = []
        if spec.topic.isEmpty { findings.append(finding(.warning, spec, "spec.topic", "is empty; name a topic")) }
        if !spec.deadLetterTopic.isEmpty, spec.deadLetterTopic == spec.topic {
            let text = "is the topic itself, which would repeat every failure for ever; it is not used"
            findings.append(finding(.warning, spec, "spec.deadLetterTopic", text))
        }
        if let raw = spec.metadata["rawPayload"], GoBool.strict(raw) == nil {
            let text = "rawPayload is \"\(raw)\", which counts as false; write true or false"
            findings.append(finding(.warning, spec, "spec.metadata", text))
        }
        return findings
    }

    // MARK: Rules

    private func rules(of spec: SubscriptionSpec) -> [Finding] {
        var findings: [Finding] = []
        var seen: [String: Int] = [:]
        var always: Int?
        for (index, rule) in spec.rules.enumerated() {
            let match = trimmed(rule.match)
            let line = spec.places[ruleField(index)]?.line ?? spec.line
            if let fault = compile(match, rule.match, spec, index) { findings.append(fault) }
            if let always {
                findings.append(
                    ruleFinding(spec, index, "can never match: the rule in line \(always) matches every event"))
            } else if let former = seen[match] {
                findings.append(ruleFinding(spec, index, "can never match: the rule in line \(former) is the same"))
            } else if match == "false" {
                findings.append(ruleFinding(spec, index, "can never match: it is false for every event"))
            }
            if rule.path.isEmpty { findings.append(ruleFinding(spec, index, "has no path; its events go to /")) }
            if match.isEmpty || match == "true" { always = always ?? line }
            seen[match] = seen[match] ?? line
        }
        if let always, spec.defaultPath != nil {
            let text = "is never used: the rule in line \(always) matches every event"
            findings.append(finding(.warning, spec, "spec.routes.default", text))
        }
        if spec.effectiveRules.isEmpty {
            let field = spec.places["spec.routes"] == nil ? "spec.route" : "spec.routes"
            findings.append(finding(.warning, spec, field, "there is no path: every event would be dropped"))
        }
        return findings
    }

    private func compile(
        _ match: String, _ written: String, _ spec: SubscriptionSpec, _ index: Int
    ) -> Finding? {
        guard !match.isEmpty else { return nil }
        do {
            _ = try Rule(written)
            return nil
        } catch {
            var fault = ruleFinding(spec, index, "does not compile: \(error.message)")
            fault.severity = .error
            // In a rule on one line the column of the fault is a column of the file, but for quotes and escapes.
            if error.line == 1, fault.column > 0, !written.contains("\n") { fault.column += error.column - 1 }
            return fault
        }
    }

    private func ruleField(_ index: Int) -> String { "spec.routes.rules.\(index)" }

    private func ruleFinding(_ spec: SubscriptionSpec, _ index: Int, _ text: String) -> Finding {
        finding(.warning, spec, ruleField(index), text)
    }

    private func trimmed(_ match: String) -> String {
        String(
            decoding: match.utf8.drop { $0 == 0x20 || ($0 >= 0x09 && $0 <= 0x0D) }.reversed()
                .drop { $0 == 0x20 || ($0 >= 0x09 && $0 <= 0x0D) }.reversed(), as: UTF8.self)
    }

    private func finding(
        _ severity: Finding.Severity, _ spec: SubscriptionSpec, _ field: String, _ message: String
    ) -> Finding {
        let place = spec.places[field] ?? FieldPlaces.Place(line: spec.line, column: 1)
        return Finding(
            severity, file: spec.file, line: place.line, column: place.column, resource: spec.name, field: field,
            message)
    }
}
