//! Who may connect, and what each client may publish and receive: users and rights in mosquitto's formats.
//!
//! Separate from the core, which only asks for decisions. Files are passed as text: the command reads them.
//!
//! | file | what it holds |
//! |---|---|
//! | `users` | names with passwords, plain or as `mosquitto_passwd` writes them |
//! | `password` | one password to check against |
//! | `acl` | an ACL file, and the rights that it gives to one client |
//! | `cover` | which filters have topics in common |
//! | `error` | what is wrong with a line of either file |

mod acl;
mod cover;
mod error;
mod password;
mod users;

pub(crate) use acl::{AccessList, Rights};

pub(crate) use users::Users;
