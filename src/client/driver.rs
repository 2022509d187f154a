use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::mqtt::Version;
use crate::session::Disconnected;
use crate::transport::{Dialed, Dialer, Endpoint, Protocol};

use super::connection::{self, Ended};
use super::redirect;
use super::state::{LinkEnd, Shared, State};
use super::{Cause, ClientError, Clue, Event, LinkLoss, Reconnect, Reconnecting, Redirected, Tap};

/// What the driver needs to know besides the content of CONNECT.
pub(super) struct Route {
    pub(super) version: Version,
    pub(super) endpoint: Endpoint,
    pub(super) dialer: Dialer,
    pub(super) reconnect: Reconnect,
    pub(super) is_client_id_chosen: bool,
    pub(super) reauthenticate_every: Option<Duration>,
    pub(super) gathers: bool,
    pub(super) tap: Option<Box<dyn Tap>>,
}

/// How often in a row the broker throws a client out before another one is suspected: a broker that is restarted twice in a
/// short time does that too.
const THROWN_OUT: u32 = 3;

/// What the ends of connections look like, one after another.
#[derive(Debug, Default)]
struct Clues {
    /// Another client can have the identifier, and the broker does not say so: in MQTT 5.0 it must [MQTT-3.1.4-3].
    is_ousted_silently: bool,
    /// Connections in a row that the broker closed soon after it had accepted them, with nothing outstanding and without a
    /// reason.
    thrown_out: u32,
    reported: Vec<Clue>,
}

impl Clues {
    fn of(&mut self, cause: &Cause, is_short: bool, state: &State) -> Option<Clue> {
        let is_closed = matches!(cause, Cause::Lost(LinkLoss::EndOfStream | LinkLoss::Reset));
        if is_closed && is_short && state.is_idle() {
            self.thrown_out += 1;
        } else {
            // Also if the broker could not be reached: then it was restarted.
            self.thrown_out = 0;
        }
        match state.session.oversized() {
            Some(size) if is_closed => Some(Clue::Oversized(size)),
            _ => (self.thrown_out >= THROWN_OUT && self.is_ousted_silently).then_some(Clue::SharedClientId),
        }
    }

    /// The clue, unless one of its kind has been reported before.
    fn news(&mut self, clue: Option<Clue>) -> Option<Clue> {
        let kind = std::mem::discriminant::<Clue>;
        let news = clue.filter(|clue| !self.reported.iter().any(|reported| kind(reported) == kind(clue)));
        self.reported.extend(news);
        news
    }
}

/// The life of a client: one connection after another, until it is asked to end or gives up.
pub(super) async fn run(shared: Arc<Shared>, mut route: Box<Route>) {
    let Route { version, endpoint, dialer, reconnect, is_client_id_chosen, reauthenticate_every, gathers, tap } =
        &mut *route;
    let (mut attempts, mut redirects) = (0, 0);
    let is_ousted_silently = *is_client_id_chosen && !version.is_v5();
    let mut clues = Clues { is_ousted_silently, ..Clues::default() };
    let result = loop {
        let (cause, lasted) = match connect_once(&shared, endpoint, dialer, *reauthenticate_every, *gathers, tap).await
        {
            Ok(()) => break Ok(()),
            Err(ended) => ended,
        };
        let is_short = lasted.is_some_and(|lasted| lasted < reconnect.stable_after);
        let (was_connected, is_session_kept, clue) = {
            let state = shared.lock();
            let is_asked_for = cause == Cause::Resuming;
            if is_asked_for || (lasted.is_some() && (!is_short || state.has_progressed())) {
                (attempts, redirects) = (0, 0);
            }
            (state.was_connected(), state.is_session_kept(), clues.of(&cause, is_short, &state))
        };
        if redirects < reconnect.maximum_redirects
            && let Some(target) = redirect::target(&cause, endpoint)
        {
            redirects += 1;
            endpoint.clone_from(&target);
            shared.lock().events.push(Event::Redirected(Box::new(Redirected { cause, endpoint: target })));
            continue;
        }
        // The last publish may have been given up with this loss, so that nothing is left to reconnect for.
        if was_connected && shared.lock().may_end(Instant::now().into_std()) {
            break Ok(());
        }
        let is_retried = cause.is_worth_a_retry() && (was_connected || reconnect.also_first);
        let delay = reconnect.delay_before(attempts + 1, fastrand::f64());
        let Some(delay) = delay.filter(|_| is_retried) else {
            let (version, endpoint) = (*version, endpoint.clone());
            break Err(Box::new(ClientError { version, endpoint, cause, was_connected, attempts, clue }));
        };
        attempts += 1;
        let maximum_attempts = reconnect.maximum_attempts;
        let clue = clues.news(clue);
        let event = Reconnecting { cause, attempt: attempts, maximum_attempts, delay, is_session_kept, clue };
        shared.lock().events.push(Event::Reconnecting(Box::new(event)));
        tokio::select! {
            () = told_to_end(&shared) => break Ok(()),
            () = sleep(delay) => {}
        }
    };
    shared.lock().close(result);
    shared.room.notify_waiters();
}

/// One connection from its dial to its end: `Ok` if we ended it, or why it ended and how long it had been open.
async fn connect_once(
    shared: &Shared,
    endpoint: &Endpoint,
    dialer: &Dialer,
    reauthenticate_every: Option<Duration>,
    gathers: bool,
    tap: &mut Option<Box<dyn Tap>>,
) -> Result<(), (Cause, Option<Duration>)> {
    // None: longer than the clock can count.
    let deadline = Instant::now().checked_add(dialer.timeout);
    let dialing = tokio::select! {
        biased;
        () = told_to_end(shared) => return Ok(()),
        // Boxed, so that an open connection does not keep memory for every step of a dial.
        ended = Box::pin(dialer.dial(endpoint)) => ended,
    };
    let Dialed { stream, peer, timings } = dialing.map_err(|error| (Cause::Dial(Box::new(error)), None))?;
    shared.lock().begin_link(peer, timings, Instant::now().into_std());
    let drive = connection::drive(shared, stream, deadline, reauthenticate_every, gathers, tap);
    let Ended { end, lasted, loss, has_timed_out, foreign, is_orderly } = drive.await;
    let stood = lasted.is_some();
    if let Some(error) = shared.lock().journal_error() {
        return Err((Cause::Journal(error), lasted));
    }
    let cause = match (end, foreign) {
        (LinkEnd::Disconnected(Disconnected::ByClient), _) => {
            // With TLS, WebSocket or a proxy that ends them, a broker may reset a connection that it has finished with.
            let may_be_reset = endpoint.protocol != Protocol::Mqtt;
            let mut state = shared.lock();
            if state.is_to_reconnect() {
                Cause::Resuming
            } else if state.ends_with(is_orderly || may_be_reset) {
                return Ok(());
            } else {
                Cause::NotConfirmed
            }
        }
        (LinkEnd::Refused(ack), _) => Cause::Refused(ack),
        (LinkEnd::Disconnected(Disconnected::ByServer(disconnect)), _) => Cause::Disconnected(disconnect),
        (LinkEnd::Disconnected(Disconnected::NotReauthenticated(refusal)), _) => Cause::NotReauthenticated(refusal),
        (LinkEnd::Disconnected(Disconnected::KeepAliveTimeout), _) => Cause::KeepAliveTimeout,
        (LinkEnd::Disconnected(_), Some(foreign)) if !stood => Cause::NotMqtt(foreign),
        (LinkEnd::Disconnected(Disconnected::Violation(violation)), _) => Cause::Violation(violation),
        (LinkEnd::Disconnected(Disconnected::Lost), _) if has_timed_out => Cause::NoConnAck(dialer.timeout),
        (LinkEnd::Disconnected(Disconnected::Lost), _) if stood => Cause::Lost(loss),
        (LinkEnd::Disconnected(Disconnected::Lost), _) => Cause::ClosedEarly(loss),
    };
    Err((cause, lasted))
}

/// Waits until the client is to end, for the time in which no connection takes care of that.
async fn told_to_end(shared: &Shared) {
    std::future::poll_fn(|cx| {
        let mut state = shared.lock();
        if state.may_end(Instant::now().into_std()) {
            return Poll::Ready(());
        }
        state.wake_at_call(cx);
        // Publishes that wait for room may have to learn that the client is closing.
        if state.is_room_news() {
            shared.room.notify_waiters();
        }
        Poll::Pending
    })
    .await;
}
