### Work that happens later, for administrators.

nav-jobs = Jobs

job-states = Jobs by state
job-state-waiting = Waiting
job-state-delayed = Delayed
job-state-running = Running
job-state-done = Done
job-state-dead = Dead
job-state-discarded = Discarded
job-kind = Kind
job-attempts = Runs
job-error = Last error
job-since = Since
job-due = Due
job-created-at = Added
job-worker = Worker
job-payload = Content
job-retry = Run again
job-run = Run now
job-discard = Discard
job-none = No jobs here
job-none-text-waiting = Every job that may run is running or done.
job-none-text-delayed = No job waits for its time.
job-none-text-running = Nothing is being worked on at this moment.
job-none-text-done = Jobs that are done stay here for a week.
job-none-text-dead = No job was given up. One that fails too often would be here, with its error.
job-none-text-discarded = Nobody has discarded a job.
job-schedules = By the clock
job-schedules-none = No worker has started yet, so nothing is scheduled.
job-cron = Times (Istanbul)
job-next = Next
job-last = Last
job-live-on = This page follows the queue every five seconds.
job-live-pause = Pause
job-live-off = This page stands still.
job-live-resume = Follow the queue

flash-jobs-retried = The job waits for its next run.
flash-jobs-run = The job waits for a worker.
flash-jobs-discarded = The job was discarded. It can be run again from here.
flash-jobs-moved-on = The job had moved on already: this is how it is now.
flash-jobs-hastened = { $kind } runs as soon as a worker looks.
