import TestKit

/// What stands in the Redis server that governed proxies share, all of one moment.
struct GovernedStore {
    /// By account of a pool (`POOL:SUBJECT`): its fields, as docs/state.md names them.
    private(set) var accounts: [String: [String: Int]] = [:]
    /// By limit (`LIMIT:SUBJECT`): how many run.
    private(set) var running: [String: Int] = [:]
    /// Reservations that are not settled.
    private(set) var open = 0
    /// What can never be, in words: less than nothing, or more or less set aside than the reservations say.
    private(set) var faults: [String] = []

    /// One script, so that nothing happens meanwhile.
    private static let script = """
        local out, sums, fields, open = {}, {}, {'ht', 'hd', 'hr'}, 0
        local function add(name, amount) sums[name] = (sums[name] or 0) + amount end
        for _, key in ipairs(redis.call('KEYS', '{hoosh}:r:*')) do
          local f = redis.call('HMGET', key, 't', 'd', 'r', 'a', 'l', 's')
          if f[1] and not f[6] then
            open = open + 1
            for _, account in ipairs(f[4] ~= '' and cjson.decode(f[4]) or {}) do
              for i = 1, 3 do add(account .. ' ' .. fields[i], tonumber(f[i])) end
            end
            for _, limit in ipairs(f[5] ~= '' and cjson.decode(f[5]) or {}) do add(limit .. ' n', 1) end
          end
        end
        out[1] = 'open ' .. open
        out[2] = 'listed ' .. redis.call('ZCARD', '{hoosh}:x')
        for _, kind in ipairs({'p', 'l'}) do
          for _, key in ipairs(redis.call('KEYS', '{hoosh}:' .. kind .. ':*')) do
            local f = redis.call('HGETALL', key)
            for i = 1, #f, 2 do
              local field = f[i]
              if field == 'n' or string.match(field, '^[uh][tdr]$') then
                local line = string.sub(key, 9) .. ' ' .. field .. ' ' .. f[i + 1]
                if string.sub(field, 1, 1) ~= 'u' then line = line .. ' ' .. (sums[key .. ' ' .. field] or 0) end
                out[#out + 1] = line
              end
            end
          end
        end
        return out
        """

    init(_ server: RedisServer) throws {
        var listed = 0
        for line in try server.command("EVAL", Self.script, "0").split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            switch words[0] {
            case "open" where words.count == 2: open = Int(words[1]) ?? -1
            case "listed" where words.count == 2: listed = Int(words[1]) ?? -1
            default:
                guard words.count >= 3, let value = Int(words[2]) else {
                    throw TestKitFailure("Redis says: \(line)")
                }
                let name = String(words[0].dropFirst(2))
                if value < 0 { faults.append("\(name) has \(words[1]) \(value)") }
                if words.count > 3, Int(words[3]) != value {
                    faults.append("\(name) has \(words[1]) \(value), its reservations come to \(words[3])")
                }
                if words[0].hasPrefix("p:") {
                    accounts[name, default: [:]][words[1]] = value
                } else {
                    running[name] = value
                }
            }
        }
        if listed != open { faults.append("\(open) reservations, \(listed) in the book") }
    }

    /// All subjects of a pool together; `quantity` as in metrics.
    func used(_ pool: String, _ quantity: String) -> Int {
        let field = ["tokens": "ut", "micro_usd": "ud", "requests": "ur"][quantity] ?? ""
        let sum = accounts.filter { $0.key.hasPrefix(pool + ":") }.values.reduce(0) { $0 + ($1[field] ?? 0) }
        return quantity == "micro_usd" ? sum / 1_000 : sum
    }

    /// What is still set aside, in words.
    var leftovers: [String] {
        var found = open == 0 ? [] : ["\(open) reservations are open"]
        for (name, fields) in accounts {
            found += fields.filter { $0.key.hasPrefix("h") && $0.value != 0 }.map {
                "\(name) holds \($0.key) \($0.value)"
            }
        }
        return found + running.filter { $0.value != 0 }.map { "\($0.key) counts \($0.value) running" }
    }
}
