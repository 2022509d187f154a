//! Faults of the broker on request.

use super::page::{Page, code, table};
use crate::broker::{ACTIONS, CONDITIONS, Packet, Rule};

pub(super) fn faults() -> Page {
    for (name, form, _) in ACTIONS {
        let rule = form.replace("PACKET", "publish").replace("COUNT", "2").replace("REASON", "0x97");
        let rule = rule.replacen("TIME", "1s", 1).replace("TIME", "2s").replace("BYTES", "1").replace("[N]", "3");
        assert!(rule.starts_with(name) && rule.parse::<Rule>().is_ok(), "{rule}");
    }
    for (condition, _) in CONDITIONS {
        assert!(format!("drop publish {condition}").parse::<Rule>().is_ok(), "{condition}");
    }
    let packets: Vec<_> = Packet::ALL.into_iter().map(|packet| code(packet.name())).collect();
    let actions = ACTIONS.iter().map(|(_, form, meaning)| vec![code(form), (*meaning).to_owned()]);
    let conditions = CONDITIONS.iter().map(|(form, meaning)| vec![code(form), (*meaning).to_owned()]);
    let text = format!(
        "`broker --fault RULE` injects faults, so that a client can be tested; the option can be repeated. With `--control` a \
         message to\n`$control/faults` replaces the rules, one per line.\n\n{}\nPACKET is one of {}. A rule can be \
         narrowed:\n\n{}\n\
         Without a direction, a rule applies to packets to the client, `refuse` to packets from it, `close` and `stall` to \
         both. MQTT\n3.1.1 cannot refuse a publish: the connection is closed instead.\n\n\
         ```console\n$ mqttx-rs broker --fault 'refuse publish 0x97' -- mqttx-rs pub -t a -m b -q 1; echo \"exit code $?\"\n...\nexit code 5\n```\n",
        table(&["rule", "what happens"], actions.collect()),
        packets.join(", "),
        table(&["condition", "which packets"], conditions.collect()),
    );
    Page { file: "broker-faults.md", title: "Faults of the broker", about: "The rules of `broker --fault`", text }
}
