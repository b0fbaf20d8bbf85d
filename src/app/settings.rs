//! Restarts commands when the settings that they began with have been replaced.

use crate::error::Failure;

/// How often a command may start. It restarts only if the settings of the trunk have changed since, so the second start
/// is nearly always the last; a clone that cannot record what it fetched must not go on for ever.
const TIMES: u32 = 3;

/// Runs it, and runs it again if it found that the settings have changed. Nothing was decided until then, and the new
/// settings have been fetched, so the next run knows them.
pub fn with_current_settings<T>(
    mut operation: impl FnMut() -> Result<T, Failure>,
) -> Result<T, Failure> {
    for _ in 1..TIMES {
        match operation() {
            Err(failure) if failure.outdated => tracing::info!(why = failure.message, "anew"),
            done => return done,
        }
    }
    operation()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Exit;

    fn outdated() -> Failure {
        Failure { outdated: true, ..Failure::new(Exit::Unreachable, "changed") }
    }

    #[test]
    fn only_old_settings_are_a_reason_to_begin_anew_and_not_for_ever() {
        let mut times = 0;
        let failed = with_current_settings(|| {
            times += 1;
            Err::<(), _>(outdated())
        });
        assert!(failed.is_err_and(|failure| failure.outdated));
        assert_eq!(times, TIMES);
        let (mut times, mut answers) = (0, [Err(outdated()), Ok("done")].into_iter());
        let done = with_current_settings(|| {
            times += 1;
            answers.next().unwrap()
        });
        assert_eq!((done.unwrap(), times), ("done", 2));
        let mut times = 0;
        let failed = with_current_settings(|| {
            times += 1;
            Err::<(), _>(Failure::new(Exit::Unreachable, "no network"))
        });
        assert!(failed.is_err());
        assert_eq!(times, 1);
    }
}
