error-retry-after-minutes = Try again in { $minutes } minutes.
