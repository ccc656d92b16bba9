/// What Redis runs for us, whole or not at all: one script, told by its order what to do.
///
/// It is `PoolLedger` and `LimitLedger` once more, over hashes: `SharedPoolTests` holds it to the former with random
/// operations. All numbers are whole and below 2^53, which Lua's doubles hold exactly, but for the arrival times of GCRA
/// (microseconds since 2025 with a fraction). The time is the server's, so that replicas agree on it.
///
/// Keys: 1 the open records by when they expire, 2 this request's record, then accounts, then limits. A record
/// (`t d r` amounts, `a l` keys that hold them, `k` tokens counted) is what a crash leaves behind; once its lease is over
/// whoever comes next takes it off. A settled one leaves a mark (`s`) for a while, so that settling twice is once.
enum SharedScript {
    static let text = #"""
        local T = redis.call('TIME')
        local ms = tonumber(T[1]) * 1000 + math.floor(tonumber(T[2]) / 1000)
        local us = (tonumber(T[1]) - 1735689600) * 1000000 + tonumber(T[2])
        local Q = {'t', 'd', 'r'}
        local MOST, DAY, MARK, FAR = 9007199254740991, 86400000, 600000, 315360000000000
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
          local f = redis.call('HMGET', key, 't', 'd', 'r', 'a', 'l', 's', 'k', 'w', 'o', 'p', 'e')
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
          local h = redis.call('HMGET', key, 'n', 'ar', 'at', 'sr', 'st')
          local limit = {key = key, most = spec.c, n = tonumber(h[1] or '0'), flows = {}}
          for i, name in ipairs({'r', 't'}) do
            local f = spec[name]
            if f then
              local flow = {i = i, name = name, amount = f[1], period = f[2], burst = f[3]}
              if spec.s == 1 then
                flow.slide = slide(h[3 + i], f[2], us)
              else
                flow.arrival = tonumber(h[1 + i] or '0')
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

        local function count(flow, cost)
          if cost == 0 then return end
          if flow.slide then return slid(flow.slide, cost) end
          local start = flow.arrival
          if cost > 0 then start = math.max(start, us) end
          flow.arrival = math.min(start + span(flow, cost), us + FAR)
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

        local O = {}

        function O.reserve()
          if redis.call('EXISTS', record) == 1 then return reply('again') end
          reap()
          local accounts = opened(order.a, 3)
          local limits = met(order.l, 3 + #order.a)
          if skewed then return reply('skew') end
          for i, limit in ipairs(limits) do
            local told = allowances({limit})
            if limit.most and limit.n >= limit.most then return reply('excess', {i, 3, 0, 1000000}, told) end
            for _, flow in ipairs(limit.flows) do
              local late = wait(flow, flow.i == 1 and 1 or order.k)
              if late then return reply('excess', {i, flow.i, left(flow)[2], late}, told) end
            end
          end
          local short
          for i, account in ipairs(accounts) do
            local found = lack(account, order.need)
            if found and not short then
              short = found
              table.insert(short, 1, i)
            end
          end
          if order.dry then
            if short then return reply('lack', short, allowances(limits)) end
            return reply('ok', standing(accounts), allowances(limits))
          end
          if short and not order.soft then return reply('lack', short, allowances(limits)) end
          local names, held = {a = {}, l = {}}, short and {0, 0, 0} or order.need
          if not short then
            for i, account in ipairs(accounts) do
              hold(account, held, 1)
              save(account)
              names.a[i] = account.key
            end
          end
          for i, limit in ipairs(limits) do
            limit.n = limit.n + 1
            for _, flow in ipairs(limit.flows) do count(flow, flow.i == 1 and 1 or order.k) end
            keep(limit)
            names.l[i] = limit.key
          end
          redis.call('HSET', record, 't', held[1], 'd', held[2], 'r', held[3], 'k', order.k,
            'a', #names.a > 0 and cjson.encode(names.a) or '', 'l', #names.l > 0 and cjson.encode(names.l) or '')
          if order.o then
            redis.call('HSET', record, 'o', order.o, 'p', order.p, 'w', cjson.encode(order.a), 'e', ms + order.ttl)
          end
          redis.call('PEXPIRE', record, order.ttl + DAY)
          redis.call('ZADD', book, ms + order.ttl, id)
          redis.call('PEXPIRE', book, 3 * DAY)
          if short then return reply('lack', short, allowances(limits)) end
          return reply('ok', standing(accounts), allowances(limits))
        end

        -- The first of several needs that fits.
        function O.resize()
          local f = redis.call('HMGET', record, 't', 'd', 'r', 's')
          if f[4] or not f[1] then return reply('gone') end
          local now = {tonumber(f[1]), tonumber(f[2]), tonumber(f[3])}
          reap()
          local accounts = opened(order.a, 3)
          if skewed then return reply('skew') end
          local short
          for step, need in ipairs(order.needs) do
            local more = {need[1] - now[1], need[2] - now[2], need[3] - now[3]}
            short = nil
            for i, account in ipairs(accounts) do
              local found = (order.fit or account.cuts) and lack(account, more)
              if found and not short then
                short = found
                table.insert(short, 1, i)
              end
            end
            if not short then
              for _, account in ipairs(accounts) do
                hold(account, now, -1)
                hold(account, need, 1)
                save(account)
              end
              redis.call('HSET', record, 't', need[1], 'd', need[2], 'r', need[3])
              return reply('done', {step})
            end
          end
          return reply('lack', short)
        end

        -- Charges `actual`, or gives all back; `undo` says that the request was not served at all.
        function O.settle()
          if order.o then reap() end
          local f = redis.call('HMGET', record, 's', 'o', 'w', 'a', 'p', 'e')
          if order.o then
            if f[2] ~= order.o then return reply('unknown') end
            if f[1] then return reply('again', {f[5]}) end
          elseif f[1] then
            return reply('again')
          end
          local accounts, limits
          if order.o then
            accounts = {}
            for i, key in ipairs(keys(f[4])) do accounts[i] = key end
          end
          local held = drop(id)
          if order.o and not held then return reply('unknown') end
          if order.o then
            for i, spec in ipairs(cjson.decode(f[3])) do accounts[i] = open(accounts[i], spec) end
            limits = {}
          else
            accounts = opened(order.a, 3)
            limits = met(order.l, 3 + #order.a)
          end
          if skewed then return reply('skew') end
          if order.actual then
            for _, account in ipairs(accounts) do
              charge(account, order.actual)
              save(account)
            end
          end
          for _, limit in ipairs(limits) do
            for _, flow in ipairs(limit.flows) do
              if order.undo then
                if held then count(flow, flow.i == 1 and -1 or -tonumber(held[7])) end
              elseif flow.i == 2 then
                count(flow, order.tok - (held and tonumber(held[7]) or order.k))
              elseif order.late then
                count(flow, 1)
              end
            end
            keep(limit)
          end
          redis.call('HSET', record, 's', 1)
          if order.o then
            redis.call('HSET', record, 'o', order.o, 'p', f[5])
            redis.call('PEXPIREAT', record, tonumber(f[6]))
            return reply('done', {f[5]})
          end
          redis.call('PEXPIRE', record, MARK)
          return reply('done', standing(accounts))
        end

        -- Keeps records of who is alive.
        function O.renew()
          for _, name in ipairs(order.ids) do redis.call('ZADD', book, 'XX', ms + order.ttl, name) end
          reap()
          return reply('done')
        end

        -- What accounts have spent and hold: quantity, capacity, used, held, end of the window.
        function O.report()
          reap()
          local lines = {}
          for i, account in ipairs(opened(order.a, 3)) do
            for _, m in ipairs(account.meters) do
              for _, value in ipairs({i, m.i, m.cap, m.used, m.held, m.finish}) do lines[#lines + 1] = value end
            end
          end
          if skewed then return reply('skew') end
          return reply('done', lines)
        end

        return O[order.op]()
        """#
}
