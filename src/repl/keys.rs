//! The keyboard, read on its own thread while the view or the pager has the screen.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, poll, read};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::window::is_gone;

/// How long the thread may still wait for a key when none is needed any more.
const LOOK: Duration = Duration::from_millis(50);

/// How long to wait before looking again whether the thread has ended.
const STEP: Duration = Duration::from_millis(5);

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Character(char),
    Enter,
    Escape,
    Backspace,
    Up,
    Down,
    PageUp,
    PageDown,
    Home,
    End,
    Tab,
    /// Ctrl-C.
    Interrupt,
    /// The window has another size.
    Resized,
}

#[derive(Debug)]
pub(super) struct Keys {
    pressed: UnboundedReceiver<Key>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Keys {
    pub(super) fn listen() -> Self {
        let (sender, pressed) = unbounded_channel();
        let is_over = Arc::new(AtomicBool::new(false));
        let over = is_over.clone();
        let thread = std::thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                let event = match poll(LOOK) {
                    Ok(true) => read(),
                    Ok(false) => continue,
                    Err(error) => Err(error),
                };
                // Without a keyboard there is only Ctrl-C's signal.
                let Ok(event) = event else { return };
                if let Some(key) = key(&event)
                    && sender.send(key).is_err()
                {
                    return;
                }
            }
        });
        Self { pressed, is_over, thread: Some(thread) }
    }

    /// The next key. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Key {
        match self.pressed.recv().await {
            Some(key) => key,
            None => std::future::pending().await,
        }
    }
}

impl Drop for Keys {
    /// The next line is typed into the editor, not into this thread.
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        let Some(thread) = self.thread.take() else { return };
        while !thread.is_finished() {
            // Of a window that was closed the thread reads the end again and again, and never comes back.
            if is_gone() {
                return;
            }
            std::thread::sleep(STEP);
        }
        _ = thread.join();
    }
}

fn key(event: &Event) -> Option<Key> {
    let (code, modifiers) = match event {
        Event::Key(KeyEvent { code, modifiers, kind: KeyEventKind::Press | KeyEventKind::Repeat, .. }) => {
            (*code, *modifiers)
        }
        Event::Resize(..) => return Some(Key::Resized),
        _ => return None,
    };
    Some(match code {
        KeyCode::Char('c' | 'd') if modifiers.contains(KeyModifiers::CONTROL) => Key::Interrupt,
        KeyCode::Char(character) if !modifiers.contains(KeyModifiers::CONTROL) => Key::Character(character),
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Escape,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::Tab => Key::Tab,
        _ => return None,
    })
}
