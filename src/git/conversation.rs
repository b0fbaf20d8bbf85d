//! A long-lived child that answers question by question.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::process::{Child, ChildStdin, ChildStdout};

use super::exec::ExecError;
use super::signals::{self, Group};

/// How many bytes of questions may be in transit in a conversation. On every system in use a pipe holds at least this
/// much, so writing questions never blocks on a child that itself waits for its answers to be read.
const WINDOW: usize = 4096;

/// A long-lived git process, such as `cat-file --batch`.
pub struct Conversation {
    call: String,
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: io::BufReader<ChildStdout>,
    /// Its process group, if it leads one.
    _group: Option<Group>,
}

impl Conversation {
    /// Takes a child whose stdin and stdout are pipes.
    pub(super) fn with(
        call: String,
        mut child: Child,
        group: Option<Group>,
    ) -> Result<Conversation, ExecError> {
        match (child.stdin.take(), child.stdout.take()) {
            (Some(stdin), Some(stdout)) => Ok(Conversation {
                call,
                child,
                stdin: Some(stdin),
                stdout: io::BufReader::new(stdout),
                _group: group,
            }),
            _ => Err(ExecError::Pipe { call, source: io::ErrorKind::BrokenPipe.into() }),
        }
    }

    /// Asks one question and reads the answer with `read`.
    pub fn ask<T>(
        &mut self,
        question: &[u8],
        read: impl FnOnce(&mut io::BufReader<ChildStdout>) -> io::Result<T>,
    ) -> Result<T, ExecError> {
        signals::check()?;
        let asked = match self.stdin.as_mut() {
            Some(pipe) => pipe.write_all(question).and_then(|()| pipe.flush()),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        };
        let answer = asked.and_then(|()| read(&mut self.stdout));
        signals::check()?;
        answer.map_err(|source| ExecError::Pipe { call: self.call.clone(), source })
    }

    /// Asks many questions without waiting for each answer, and reads the answers in order with `read`.
    ///
    /// The child must answer each question before it needs the next one.
    pub fn ask_many(
        &mut self,
        questions: impl IntoIterator<Item = Vec<u8>>,
        mut read: impl FnMut(&mut io::BufReader<ChildStdout>) -> io::Result<()>,
    ) -> Result<(), ExecError> {
        let mut questions = questions.into_iter().peekable();
        let mut waiting = VecDeque::new();
        let mut under_way = 0;
        loop {
            if under_way <= WINDOW / 2 {
                signals::check()?;
                let mut batch = Vec::new();
                // A question longer than the window goes alone, to a child that does nothing but read it.
                while let Some(question) =
                    questions.next_if(|q| under_way == 0 || under_way + q.len() <= WINDOW)
                {
                    under_way += question.len();
                    waiting.push_back(question.len());
                    batch.extend(question);
                }
                if !batch.is_empty() {
                    self.ask(&batch, |_| Ok(()))?;
                }
            }
            let Some(answered) = waiting.pop_front() else { return Ok(()) };
            read(&mut self.stdout)
                .map_err(|source| ExecError::Pipe { call: self.call.clone(), source })?;
            under_way -= answered;
        }
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        // End of input tells these children to end; the wait reaps them.
        drop(self.stdin.take());
        if let Err(error) = self.child.wait() {
            tracing::debug!(call = %self.call, %error, "wait");
        }
    }
}
