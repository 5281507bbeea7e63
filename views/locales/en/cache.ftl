### What the cache holds, for administrators.

nav-cache = Cache

cache-redis = Redis
cache-redis-none = Not used
cache-redis-up = Connected
cache-redis-deaf = Connected, but does not pass changes on
cache-redis-away = Away
cache-entries = Values
cache-size = Size
cache-size-of = { $kib } of { $max } KiB
cache-kib = { $kib } KiB
cache-families = Families
cache-families-text = Counted on this instance since it started. Its values are kept in memory; Redis, where there is one, is shared by all.
cache-family = Family
cache-rate = Hit rate
cache-percent = { $percent }%
cache-here = From memory
cache-shared = From Redis
cache-saved = Waited along
cache-stale = Given stale
cache-loads = Loads
cache-took = Average load
cache-millis = { $millis } ms
cache-errors = Failed
cache-evictions = Pushed out
cache-purge = Purge
cache-purge-title = Purge by name
cache-tag = What to purge
cache-tag-hint = A whole key, a family such as dashboard:stats: or a group such as dashboard: — with its colon at the end. It is loaded again when somebody asks for it.
error-cache-tag-empty = Say what to purge.
error-cache-tag-unknown = No family of the cache has such keys.
flash-cache-purged = Purged on every instance: { $tag }
permission-cache-manage = See the cache and purge it
audit-cache-purge = Cache purged
