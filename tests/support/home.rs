//! A home folder of a test's own, in which programs work too.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{Ended, Program};

/// Removed at the end of the test.
pub struct Home(TempDir);

impl Home {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The program with the words of `line`, at home here.
    pub fn program(&self, line: &str) -> Program {
        Program::new(line.split(' ')).home(self.path()).directory(self.path())
    }

    pub fn run(&self, line: &str) -> Ended {
        self.program(line).run()
    }

    /// A file for its owner alone, with the folders that it needs.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }

    /// Where the profile of a name is kept.
    pub fn profile(&self, name: &str) -> PathBuf {
        self.path().join(format!(".config/mqttx-rs/profiles/{name}.toml"))
    }

    pub fn text_of_profile(&self, name: &str) -> String {
        fs::read_to_string(self.profile(name)).unwrap()
    }
}
