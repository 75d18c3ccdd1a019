-- register: a worker begins, with a lease on this lane.
-- KEYS  the lane
-- ARGV  2 worker · 3 lease
-- gives 1
load('beat', 'grace', 'longest')
beat()
call('ZADD', leases, now + ARGV[3], ARGV[2])
call('HSET', lengths, ARGV[2], ARGV[3])
longest_lease()
save()
return 1
