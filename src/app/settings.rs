//! Commands that begin anew when the settings that they began with have been replaced.

use crate::error::Failure;

/// How often a command begins. Each time the settings of the trunk have changed since the time before, so the second is
/// nearly always the last; a clone that cannot write down what it fetched must not go on for ever.
const TIMES: u32 = 3;

/// Runs it, and runs it again when it found that the settings are others by now. Nothing was decided until then, and what was
/// fetched is in this clone, so it knows them the next time.
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
