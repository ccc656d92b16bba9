// What can be asked of the script.
extension SharedScript {
    static let operations = #"""
        local O = {}

        function O.reserve()
          if redis.call('EXISTS', record) == 1 then return reply('again') end
          reap()
          local mine = order.o and not order.dry and own(order.o)
          if mine and redis.call('ZCARD', mine) >= OPEN then
            return reply('crowded', {math.min(tonumber(redis.call('ZRANGE', mine, 0, 0, 'WITHSCORES')[2]), ms + 60000)})
          end
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
          redis.call('HSET', record, 't', held[1], 'd', held[2], 'r', held[3], 'k', order.k, 'c', us,
            'a', #names.a > 0 and cjson.encode(names.a) or '', 'l', #names.l > 0 and cjson.encode(names.l) or '')
          if order.o then
            redis.call('HSET', record, 'o', order.o, 'p', order.p, 'w', cjson.encode(order.a), 'e', ms + order.ttl)
            redis.call('ZADD', mine, ms + order.ttl, id)
            redis.call('PEXPIRE', mine, 2 * DAY)
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
          if order.o and order.actual and accounts[1] then order.actual = bounded(accounts[1], order.actual, held) end
          if order.actual then
            for _, account in ipairs(accounts) do
              charge(account, order.actual)
              save(account)
            end
          end
          local at = held and held[12] and tonumber(held[12])
          for _, limit in ipairs(limits) do
            for _, flow in ipairs(limit.flows) do
              if order.undo then
                if held then count(flow, flow.i == 1 and -1 or -tonumber(held[7]), at) end
              elseif flow.i == 2 then
                count(flow, order.tok - (held and tonumber(held[7]) or order.k), at)
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
            redis.call('ZREM', own(order.o), id)
            return reply('done', {f[5]}, order.actual)
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
