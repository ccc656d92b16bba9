/// What Redis runs for us, whole or not at all: one script, told by its order what to do.
///
/// It is `PoolLedger` and `LimitLedger` once more, over hashes: `SharedPoolTests` holds it to the former with random
/// operations. All numbers are whole and below 2^53, which Lua's doubles hold exactly, but for the arrival times of GCRA
/// (microseconds since 2025 with a fraction). The time is the server's, so that replicas agree on it.
///
/// Keys: 1 the open records by when they expire, 2 this request's record, then accounts, then limits. A record
/// (`t d r` amounts, `a l` keys that hold them, `k` tokens counted, `c` when) is what a crash leaves behind; once its lease is over
/// whoever comes next takes it off. `o:CLIENT` has the names of what a client holds itself. A settled one leaves a mark (`s`) for a while, so that settling twice is once.
enum SharedScript {
    static let text = books + "\n" + operations

    /// Records, windows, accounts and limits.
    private static let books = #"""
        local T = redis.call('TIME')
        local ms = tonumber(T[1]) * 1000 + math.floor(tonumber(T[2]) / 1000)
        local us = (tonumber(T[1]) - 1735689600) * 1000000 + tonumber(T[2])
        local Q = {'t', 'd', 'r'}
        local MOST, DAY, MARK, FAR, OPEN = 9007199254740991, 86400000, 600000, 315360000000000, 4096
        local order, base = cjson.decode(ARGV[1]), ARGV[2]
        local book, record = KEYS[1], KEYS[2]
        local id = string.sub(record, #base + 3)

        local function keys(text)
          if not text or text == '' then return {} end
          return cjson.decode(text)
        end

        local function take(key, field, amount)
          if redis.call('HEXISTS', key, field) == 0 then return end
          if redis.call('HINCRBY', key, field, -amount) < 0 then redis.call('HSET', key, field, 0) end
        end

        -- Takes off what a record holds; answers its fields, nothing when there is none that is open.
        local function drop(name)
          local key = base .. 'r:' .. name
          local f = redis.call('HMGET', key, 't', 'd', 'r', 'a', 'l', 's', 'k', 'w', 'o', 'p', 'e', 'c')
          redis.call('ZREM', book, name)
          if f[6] or not f[1] then return nil end
          for _, account in ipairs(keys(f[4])) do
            for i = 1, 3 do
              if f[i] ~= '0' then take(account, 'h' .. Q[i], tonumber(f[i])) end
            end
          end
          for _, limit in ipairs(keys(f[5])) do take(limit, 'n', 1) end
          redis.call('DEL', key)
          return f
        end

        local function reap()
          for _, name in ipairs(redis.call('ZRANGEBYSCORE', book, '-inf', ms, 'LIMIT', 0, 100)) do drop(name) end
        end

        -- The reservations that a client holds itself, by when they expire.
        local function own(name)
          local mine = base .. 'o:' .. name
          redis.call('ZREMRANGEBYSCORE', mine, '-inf', ms)
          return mine
        end

        -- Sliding windows: seventeen parts of a sixteenth.
        local function slide(text, length, now)
          local s = {part = math.ceil(length / 16), used = 0, newest = 0, counts = {}}
          local here = math.floor(now / s.part)
          local rest = ''
          if text then
            local newest
            newest, rest = string.match(text, '^(%d+);(.*)$')
            s.newest = tonumber(newest)
          end
          if here > s.newest then s.newest = here end
          for p, c in string.gmatch(rest, '(%d+):(-?%d+)') do
            p, c = tonumber(p), tonumber(c)
            if p > s.newest - 17 and p <= s.newest then
              s.counts[p] = c
              s.used = s.used + c
            end
          end
          return s
        end

        local function slid(s, amount)
          s.counts[s.newest] = (s.counts[s.newest] or 0) + amount
          s.used = s.used + amount
        end

        -- Out of the part that has it: out of a later one it would be given twice.
        local function unslid(s, amount, at)
          local p = math.floor(at / s.part)
          local taken = math.min(amount, math.max(s.counts[p] or 0, 0))
          s.counts[p] = (s.counts[p] or 0) - taken
          s.used = s.used - taken
        end

        local function written(s)
          local parts = {}
          for p = s.newest - 16, s.newest do
            local c = s.counts[p]
            if c and c ~= 0 then parts[#parts + 1] = string.format('%.0f:%.0f', p, c) end
          end
          return string.format('%.0f;', s.newest) .. table.concat(parts, ',')
        end

        local function moment(s, amount)
          local left = 0
          for p = s.newest - 16, s.newest do
            left = left + (s.counts[p] or 0)
            if left >= amount then return (p + 17) * s.part end
          end
          return nil
        end

        -- Accounts of pools.
        local function ends(m, last)
          if m[3] == 'f' then
            local start = math.floor((ms + m[5]) / m[4]) * m[4] - m[5]
            return start, start + m[4]
          end
          for i = 4, #m - 1 do
            if m[i] <= ms and ms < m[i + 1] then return m[i], m[i + 1] end
          end
          return nil
        end

        local skewed = false
        local function open(key, spec)
          local h, raw = {}, redis.call('HGETALL', key)
          for i = 1, #raw, 2 do h[raw[i]] = raw[i + 1] end
          local account = {key = key, cuts = spec.c == 1, meters = {}}
          for _, m in ipairs(spec.q) do
            local q = Q[m[1]]
            local meter = {i = m[1], q = q, cap = m[2], used = tonumber(h['u' .. q] or '0'), held = tonumber(h['h' .. q] or '0')}
            if m[3] == 's' then
              meter.slide = slide(h['s' .. q], m[4], ms)
              if not h['s' .. q] and meter.used > 0 then slid(meter.slide, meter.used) end
              meter.used, meter.finish, meter.length = meter.slide.used, ms + m[4], m[4]
            else
              local start, finish = ends(m)
              if not start then skewed = true return account end
              local last = tonumber(h['e' .. q] or '0')
              if last > 0 and start >= last then meter.used = 0 end
              meter.finish = finish
            end
            account.meters[#account.meters + 1] = meter
          end
          return account
        end

        local function save(account)
          local f, latest = {}, ms
          for _, m in ipairs(account.meters) do
            f[#f + 1] = 'u' .. m.q
            f[#f + 1] = m.used
            f[#f + 1] = 'h' .. m.q
            f[#f + 1] = m.held
            f[#f + 1] = 'e' .. m.q
            f[#f + 1] = m.finish
            if m.slide then
              f[#f + 1] = 's' .. m.q
              f[#f + 1] = written(m.slide)
            else
              redis.call('HDEL', account.key, 's' .. m.q)
            end
            latest = math.max(latest, m.finish)
          end
          if #f == 0 then return end
          redis.call('HSET', account.key, unpack(f))
          redis.call('PEXPIREAT', account.key, latest + 2 * DAY)
        end

        local function free(m) return m.cap - m.used - m.held end

        local function retry(m, needed)
          if needed > m.cap then return -1 end
          if not m.slide then return m.finish end
          return moment(m.slide, needed - free(m)) or ms + 1000
        end

        local function lack(account, need)
          for _, m in ipairs(account.meters) do
            local n = need[m.i]
            if n > 0 and n > free(m) then
              return {m.i, m.cap, math.max(free(m), 0), n, retry(m, n)}
            end
          end
          return nil
        end

        local function hold(account, amounts, sign)
          for _, m in ipairs(account.meters) do m.held = math.max(m.held + sign * amounts[m.i], 0) end
        end

        local function charge(account, amounts)
          for _, m in ipairs(account.meters) do
            local value = math.min(amounts[m.i], MOST - m.used)
            m.used = m.used + value
            if m.slide and value > 0 then slid(m.slide, value) end
          end
        end

        -- What a client may say at most of what it used: its parents, which others share, pay as well.
        local function bounded(account, actual, held)
          local most = {actual[1], actual[2], actual[3]}
          for _, m in ipairs(account.meters) do
            local mine = tonumber(held[m.i]) or 0
            local some = free(m) - mine > 0 and m.cap or 0
            most[m.i] = math.min(most[m.i], math.max(some, mine))
          end
          return most
        end

        local function standing(accounts)
          local s = {-1, -1, -1, -1}
          for _, account in ipairs(accounts) do
            for _, m in ipairs(account.meters) do
              local left = math.max(free(m), 0)
              if s[m.i] < 0 or left < s[m.i] then s[m.i] = left end
              if s[4] < 0 or m.finish < s[4] then s[4] = m.finish end
            end
          end
          return s
        end

        -- Limits: flows are {amount, period in microseconds, burst}.
        local function meet(key, spec)
          local h = redis.call('HMGET', key, 'n', 'ar', 'at', 'sr', 'st', 'br', 'bt')
          local limit = {key = key, most = spec.c, n = tonumber(h[1] or '0'), flows = {}}
          for i, name in ipairs({'r', 't'}) do
            local f = spec[name]
            if f then
              local flow = {i = i, name = name, amount = f[1], period = f[2], burst = f[3]}
              if spec.s == 1 then
                flow.slide = slide(h[3 + i], f[2], us)
              else
                flow.arrival = tonumber(h[1 + i] or '0')
                flow.since = tonumber(h[5 + i] or '0')
              end
              limit.flows[#limit.flows + 1] = flow
            end
          end
          return limit
        end

        local function span(flow, cost) return cost * flow.period / flow.amount end

        local function wait(flow, cost)
          if cost <= 0 then return nil end
          if flow.slide then
            local over = math.max(flow.slide.used, 0) + math.min(cost, flow.amount) - flow.amount
            if over <= 0 then return nil end
            local at = moment(flow.slide, over)
            return at and math.max(at - us, 1) or flow.period
          end
          local over = math.max(flow.arrival, us) - us + span(flow, math.min(cost, flow.burst)) - span(flow, flow.burst)
          if over > 0.5 then return math.ceil(over) end
          return nil
        end

        -- `at`: when that was counted of which some is taken back.
        local function count(flow, cost, at)
          if cost == 0 then return end
          if cost < 0 then
            if not at then return end
            if flow.slide then return unslid(flow.slide, -cost, at) end
            if at >= flow.since then flow.arrival = flow.arrival + span(flow, cost) end
            return
          end
          if flow.slide then return slid(flow.slide, cost) end
          if flow.arrival <= us then flow.since = us end
          flow.arrival = math.min(math.max(flow.arrival, us) + span(flow, cost), us + FAR)
        end

        local function keep(limit)
          local f, longest = {'n', limit.n}, 0
          for _, flow in ipairs(limit.flows) do
            if flow.slide then
              f[#f + 1] = 's' .. flow.name
              f[#f + 1] = written(flow.slide)
              longest = math.max(longest, flow.period / 1000)
            else
              f[#f + 1] = 'a' .. flow.name
              f[#f + 1] = flow.arrival
              f[#f + 1] = 'b' .. flow.name
              f[#f + 1] = flow.since
              longest = math.max(longest, (flow.arrival - us) / 1000)
            end
          end
          redis.call('HSET', limit.key, unpack(f))
          redis.call('PEXPIRE', limit.key, math.ceil(longest * 2 + 60000 + (limit.n > 0 and 2 * DAY or 0)))
        end

        local function left(flow)
          if flow.slide then
            local used = math.max(flow.slide.used, 0)
            local at = used > 0 and moment(flow.slide, used) or us
            return {flow.amount, math.max(flow.amount - used, 0), math.max(at - us, 0)}
          end
          local owed = math.max(flow.arrival - us, 0)
          local room = math.max(span(flow, flow.burst) - owed, 0)
          return {flow.amount, math.floor(room * flow.amount / flow.period + 0.001), math.ceil(owed)}
        end

        local function allowances(limits)
          local told = {-1, -1, -1, -1, -1, -1}
          for _, limit in ipairs(limits) do
            for _, flow in ipairs(limit.flows) do
              local at, own = flow.i * 3 - 2, left(flow)
              if told[at] < 0 or own[2] < told[at + 1] then
                told[at], told[at + 1], told[at + 2] = own[1], own[2], own[3]
              end
            end
          end
          return told
        end

        local function reply(word, one, two)
          local list = {word, ms}
          for _, value in ipairs(one or {}) do list[#list + 1] = value end
          for _, value in ipairs(two or {}) do list[#list + 1] = value end
          return list
        end

        local function opened(specs, first)
          local accounts = {}
          for i, spec in ipairs(specs) do accounts[i] = open(KEYS[first + i - 1], spec) end
          return accounts
        end

        local function met(specs, first)
          local limits = {}
          for i, spec in ipairs(specs) do limits[i] = meet(KEYS[first + i - 1], spec) end
          return limits
        end
        """#
}
