-- Takes one of KEYS[1]'s ARGV[1] requests in any ARGV[2] microseconds, by Redis's own clock.
-- Returns {allowed, remaining, microseconds until one more is free, what KEYS[2] holds where it is named}.
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local newest = redis.call('LINDEX', KEYS[1], -1)
if newest and tonumber(newest) > now then
  -- The clock was set back: without this the key would stay shut until it is there again.
  redis.call('DEL', KEYS[1])
end
local oldest = redis.call('LINDEX', KEYS[1], 0)
while oldest and tonumber(oldest) <= now - window do
  redis.call('LPOP', KEYS[1])
  oldest = redis.call('LINDEX', KEYS[1], 0)
end
local count = redis.call('LLEN', KEYS[1])
if count >= limit then
  -- More than the limit are there when the limit was lowered.
  local leaving = redis.call('LINDEX', KEYS[1], count - limit)
  return {0, 0, tonumber(leaving) + window - now}
end
redis.call('RPUSH', KEYS[1], string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(window / 1000))
local stored = KEYS[2] and redis.call('GET', KEYS[2]) or false
return {1, limit - count - 1, tonumber(oldest or now) + window - now, stored}
