//! A remote whose pushes go elsewhere than its fetches.

use super::{Exit, Failure};
use crate::git::{PushSetting, TwoPlaces};
use crate::text::shell_word;

pub fn elsewhere(message: &str, remote: &str, places: &TwoPlaces) -> Failure {
    let failure = Failure::new(
        Exit::Refused,
        format!("{message}, so nobody would see what you push; nothing changed"),
    );
    let failure = failure.fact("fetch", places.fetch.clone()).fact("push", places.push.clone());
    match places.because {
        PushSetting::PushUrl => failure
            .hint(format!(
                "push to the address you fetch from: git config --unset-all remote.{remote}.pushurl"
            ))
            .hint(format!(
                "to keep your own branches at the other address, make it a separate remote: git remote add fork {} && \
                 git config remote.pushDefault fork && git config --unset-all remote.{remote}.pushurl",
                shell_word(&places.push)
            )),
        PushSetting::PushInsteadOf => failure.hint(
            "see which setting does this: git config --show-origin --get-regexp '^url\\..*\\.pushinsteadof$'",
        ),
        PushSetting::SeveralUrls => failure.hint(format!(
            "keep the first address, and make the others separate remotes: git config --get-all remote.{remote}.url"
        )),
    }
}
