use std::io;

use redb::{CommitError, DatabaseError, StorageError, TableError, TransactionError};

/// Why a queue cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum OutboxError {
    /// Another process has it.
    #[error("another process is using it")]
    InUse,
    /// The folder.
    #[error("{0}")]
    Folder(String),
    /// The file in it.
    #[error("{0}")]
    Database(String),
    /// A message in it cannot be read.
    #[error("message {0} in it is damaged")]
    Damaged(u64),
}

impl From<io::Error> for OutboxError {
    fn from(error: io::Error) -> Self {
        Self::Folder(error.to_string())
    }
}

impl From<DatabaseError> for OutboxError {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::DatabaseAlreadyOpen => Self::InUse,
            error => Self::Database(error.to_string()),
        }
    }
}

macro_rules! from_database {
    ($($error:ty),*) => {
        $(impl From<$error> for OutboxError {
            fn from(error: $error) -> Self {
                Self::Database(error.to_string())
            }
        })*
    };
}

from_database!(CommitError, StorageError, TableError, TransactionError);
