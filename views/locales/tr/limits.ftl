error-retry-after-minutes = { $minutes } dakika sonra yeniden deneyin.
