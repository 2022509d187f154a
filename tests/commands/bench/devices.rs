//! Clients that are each somebody: credentials, wills and data of their own.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;

use super::*;
use crate::support::net::{Authority, TlsServer};

/// A CSV file beside the report.
fn csv(folder: &TempDir, text: &str) -> String {
    let path = folder.path().join("devices.csv");
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

const DEVICES: &str = "client_id,username,password,topic,site\none,ann,\"p,1\",a/one,north\ntwo,ben,p2,a/two,south\n";

#[test]
fn each_client_has_a_row() {
    let broker = ScriptedBroker::start();
    let (folder, path) = report_file();
    let rows = csv(&folder, DEVICES);
    let line = format!("pub --clients-csv {rows} -i 0 --handshakes 1 --workers 1 -q 1 --rate 100/s -L 2");
    let line = format!("{line} --template -m {{site}}-%i -up site={{site}} -up seat=%c");
    let program = bench(&line, broker.port(), &path).start();
    let mut links = [("one", "ann", "p,1"), ("two", "ben", "p2")].map(|(client_id, user_name, password)| {
        let (link, connect) = broker.accept_session(connack());
        assert_eq!((connect.client_id.as_str(), connect.user_name.as_deref()), (client_id, Some(user_name)));
        assert_eq!(connect.password.as_deref(), Some(password.as_bytes()));
        link
    });
    for (link, (topic, payload, client)) in
        links.iter_mut().zip([("a/one", "north-1", "one"), ("a/two", "south-2", "two")])
    {
        let publish = link.expect_publish();
        assert_eq!((publish.topic.as_str(), String::from_utf8_lossy(&publish.payload).as_ref()), (topic, payload));
        let properties = format!("{:?}", publish.properties);
        assert!(properties.contains(&payload[..5]) && properties.contains(client), "{properties}");
        link.send(puback(publish.id));
    }
    for mut link in links {
        link.expect_disconnect();
        link.close();
    }
    program.wait().expect_code(0);
    assert_eq!(read(&path).clients.count, 2, "as many as rows");
}

#[test]
fn headers_of_a_websocket_differ_from_client_to_client() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (folder, path) = report_file();
    let rows = csv(&folder, DEVICES);
    let line =
        format!("conn --clients-csv {rows} -i 0 --handshakes 1 --workers 1 -l ws -wh X-Site:{{site}}-{{client}}");
    let program =
        bench(&line, listener.local_addr().unwrap().port(), &path).arg_all(&["-wh", "X-Escape: %c3%i"]).start();
    for site in ["north-1", "south-2"] {
        let mut reader = BufReader::new(listener.accept().unwrap().0);
        let mut headers = Vec::new();
        while headers.last().is_none_or(|line: &String| line != "\r\n") {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            headers.push(line);
        }
        assert!(headers.contains(&format!("X-Site: {site}\r\n")), "{headers:?}");
        assert!(headers.contains(&"X-Escape: %c3%i\r\n".to_owned()), "an escape is not a placeholder: {headers:?}");
    }
    // No one answers the upgrade.
    program.wait().expect_code(3);
}

#[test]
fn groups_with_the_same_file_of_rows_hold_it_once() {
    let broker = ScriptedBroker::start();
    let folder = TempDir::new().unwrap();
    let memory = |groups: u32| {
        let path = folder.path().join(format!("{groups}.json"));
        let group = |number| {
            format!(
                "[[groups]]\nname = \"g{number}\"\nrole = \"conn\"\ncount = 1\nclient_id = \"c{number}\"\n\
                 clients_csv = \"devices.csv\"\n"
            )
        };
        let text: String = (0..groups).map(group).collect();
        let scenario = folder.path().join("scenario.toml");
        std::fs::write(&scenario, format!("{text}[[phases]]\nduration = \"100ms\"\n")).unwrap();
        let program = bench("run --workers 1", broker.port(), &path).arg(&scenario).start();
        let links: Vec<_> = (0..groups).map(|_| broker.accept_session(connack()).0).collect();
        for mut link in links {
            link.expect_disconnect();
            link.close();
        }
        program.wait().expect_code(0);
        read(&path).generator.peak_memory.unwrap_or_default()
    };
    let rows: String =
        (0..200_000).fold(String::new(), |rows, row| rows + &format!("client-{row},site-{row},{row:030}\n"));
    let size = rows.len() as u64;
    csv(&folder, &format!("name,site,more\n{rows}"));
    let (one, four) = (memory(1), memory(4));
    assert!(four < one + size, "{one} bytes with one group, {four} with four, of a file of {size}");
}

#[test]
fn rows_are_in_order_and_begin_again_only_when_asked() {
    let (folder, path) = report_file();
    let rows = csv(&folder, DEVICES);
    let ended = bench(&format!("conn -c 3 --clients-csv {rows}"), 1, &path).run().expect_code(2);
    assert!(ended.stderr.contains("--clients-csv has 2 rows, but there are 3 clients"), "{}", ended.stderr);

    let broker = ScriptedBroker::start();
    let line = format!(
        "conn -c 3 -i 0 --handshakes 1 --workers 1 --duration 0.1 --clients-csv {rows} --rows wrap -I {{site}}_%i"
    );
    let program = bench(&line, broker.port(), &path).start();
    let links = ["north_1", "south_2", "north_3"].map(|client_id| {
        let (link, connect) = broker.accept_session(connack());
        assert_eq!(connect.client_id, client_id);
        link
    });
    for mut link in links {
        link.expect_disconnect();
        link.close();
    }
    let ended = program.wait().expect_code(0);
    assert!(!ended.stderr.contains("share a client_id"), "{}", ended.stderr);
    let rows = csv(&folder, "client_id\na\nb\n");
    let ended = bench(&format!("conn -c 3 --clients-csv {rows} --rows wrap"), 1, &path).run().expect_code(3);
    assert!(ended.stderr.contains("warning: --clients-csv has fewer rows than there are clients, so that some share"));
}

#[test]
fn what_is_wrong_with_a_file_of_rows_is_told_with_its_line() {
    let (folder, path) = report_file();
    for (text, code, fault) in [
        ("site,area\nnorth\n", 1, "devices.csv: line 2: 1 fields, but the first line names 2"),
        ("hostname\nx\n", 1, "a column cannot be named `hostname`, which is a placeholder"),
        ("site\nx\n", 2, "`{sitte}` is not a placeholder"),
    ] {
        let rows = csv(&folder, text);
        let ended = bench(&format!("conn -I a{{sitte}} --clients-csv {rows}"), 1, &path).run().expect_code(code);
        assert!(ended.stderr.contains(fault), "{text}: {}", ended.stderr);
    }
}

#[test]
fn passwords_and_wills_differ_from_client_to_client() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let line =
        "conn -c 2 -i 0 --handshakes 1 --workers 1 --duration 0.1 -I d%i -u u%i -P pw-{i}-%i -Wt will/%c -Wm %i:gone";
    let program = bench(&format!("{line} -Wup id=%c -Cup number=%i"), broker.port(), &path).start();
    let links = [1, 2].map(|number| {
        let (link, connect) = broker.accept_session(connack());
        assert_eq!(connect.password, Some(format!("pw-{number}-{number}").into_bytes()));
        let will = connect.will.unwrap();
        assert_eq!((will.topic, will.payload), (format!("will/d{number}"), format!("{number}:gone").into_bytes()));
        assert!(format!("{:?}", will.properties).contains(&format!("d{number}")), "{:?}", will.properties);
        assert!(format!("{:?}", connect.properties).contains("number"), "{:?}", connect.properties);
        link
    });
    for mut link in links {
        link.expect_disconnect();
        link.close();
    }
    program.wait().expect_code(0);
}

#[test]
fn groups_have_their_own_broker_version_and_credentials() {
    let (broker, other) = (ScriptedBroker::start(), ScriptedBroker::start());
    let (folder, path) = report_file();
    csv(&folder, "client_id,site\nold,x\n");
    let text = format!(
        "[[groups]]\nname = \"new\"\nrole = \"conn\"\nusername = \"n%i\"\npassword = \"p%i\"\n\
         [[groups]]\nname = \"old\"\nrole = \"conn\"\nhostname = \"127.0.0.1\"\nport = {}\nmqtt_version = \"3.1.1\"\n\
         username = \"{{site}}\"\nclients_csv = \"devices.csv\"\n[[phases]]\nduration = \"100ms\"",
        other.port()
    );
    let scenario = folder.path().join("scenario.toml");
    std::fs::write(&scenario, text).unwrap();
    let program = bench("run", broker.port(), &path).arg(&scenario).start();
    let (mut first, connect) = broker.accept_session(connack());
    assert_eq!((connect.version, connect.user_name.as_deref()), (Version::V5, Some("n1")));
    assert_eq!(connect.password.as_deref(), Some(b"p1".as_slice()));
    let (mut second, connect) = other.accept_session(connack());
    assert_eq!((connect.version, connect.user_name.as_deref()), (Version::V3_1_1, Some("x")));
    assert_eq!((connect.client_id.as_str(), connect.password), ("old", None));
    for link in [&mut first, &mut second] {
        link.expect_disconnect();
    }
    first.close();
    second.close();
    program.wait().expect_code(0);
}

#[test]
fn each_client_shows_its_own_certificate() {
    let Some(broker) = Mosquitto::start("") else { return };
    let authority = Authority::new();
    let config =
        authority.server_for_known_clients(&["127.0.0.1", "localhost"], &[&tokio_rustls::rustls::version::TLS13]);
    let server = TlsServer::before(broker.address(), config);
    let (folder, path) = report_file();
    for client in ["d1", "d2"] {
        let certified = authority.certify(&[client]);
        std::fs::write(folder.path().join(format!("{client}.pem")), &certified.certificate).unwrap();
        std::fs::write(folder.path().join(format!("{client}.key")), &certified.key).unwrap();
    }
    let of = |ending: &str| folder.path().join(format!("{{client_id}}.{ending}"));
    let conn = |count: u32| {
        let line = format!("conn -c {count} -i 0 --duration 0.1 -I d%i -l mqtts");
        let program = bench(&line, server.port(), &path).arg("--ca").arg(authority.ca());
        program.arg("--cert").arg(of("pem")).arg("--key").arg(of("key")).run()
    };
    conn(2).expect_code(0);
    assert_eq!(read(&path).counts.connected, 2);
    let ended = conn(3).expect_code(3);
    assert!(ended.stderr.contains("d3.pem"), "{}", ended.stderr);
}

#[test]
fn groups_have_their_own_tls_will_keep_alive_and_user_properties() {
    let Some(broker) = Mosquitto::start("") else { return };
    let plain = ScriptedBroker::start();
    let authority = Authority::new();
    let config = authority.server(&["127.0.0.1", "localhost"]);
    let server = TlsServer::before(broker.address(), config);
    let (folder, path) = report_file();
    std::fs::copy(authority.ca(), folder.path().join("ca.pem")).unwrap();
    let text = format!(
        "[[groups]]\nname = \"plain\"\nrole = \"conn\"\nkeepalive = 77\nwill_topic = \"will/{{client}}\"\n\
         will_message = \"%c\"\nwill_qos = 1\nwill_user_properties = {{ site = \"s%i\" }}\n\
         conn_user_properties = {{ number = \"%i\" }}\n\
         [[groups]]\nname = \"secure\"\nrole = \"conn\"\nprotocol = \"mqtts\"\nport = {}\nca = \"ca.pem\"\n\
         [[phases]]\nduration = \"100ms\"",
        server.port()
    );
    let scenario = folder.path().join("scenario.toml");
    std::fs::write(&scenario, text).unwrap();
    let program = bench("run -I d%i", plain.port(), &path).arg(&scenario).start();
    let (mut link, connect) = plain.accept_session(connack());
    assert_eq!(connect.keep_alive, 77);
    let will = connect.will.unwrap();
    assert_eq!((will.topic.as_str(), will.payload.as_slice(), will.qos), ("will/1", &b"d1_plain"[..], 1));
    let properties = format!("{:?} {:?}", will.properties, connect.properties);
    assert!(properties.contains("s1") && properties.contains("number"), "{properties}");
    link.expect_disconnect();
    link.close();
    program.wait().expect_code(0);
    assert_eq!(read(&path).counts.connected, 2, "one of them over TLS");
}

#[test]
fn what_is_wrong_with_a_group_s_connection_is_told() {
    let (folder, path) = report_file();
    let scenario = folder.path().join("scenario.toml");
    for (text, fault) in [
        ("protocol = \"mqtt\"\nca = \"ca.pem\"", "--ca needs TLS"),
        ("protocol = \"gopher\"", "line 3: protocol"),
        ("will_message = \"x\"", "--will-topic is missing"),
        ("ca = \"none.pem\"", "none.pem"),
    ] {
        std::fs::write(&scenario, format!("[[groups]]\nrole = \"conn\"\n{text}\n")).unwrap();
        let ended = bench("run", 1, &path).arg(&scenario).run();
        assert_ne!(ended.code, 0, "{text}");
        assert!(ended.stderr.contains(fault), "{text}: {}", ended.stderr);
    }
}
