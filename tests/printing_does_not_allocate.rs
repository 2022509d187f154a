//! Holds that printing a message takes no memory once the buffers have grown: at a million messages a second each
//! allocation would show. Only `--format json` takes some, to check the payload.
//!
//! Alone in its file, since the counter is the allocator of the whole test program.

use std::io;
use std::sync::Arc;

use bytes::Bytes;

use mqttx_rs::internals::{ErrorFormat, MessagePrinter, MessageShape, PrinterOptions, Stdout, Stream, Talk};
use mqttx_rs::mqtt::{Message, PublishProperties, TopicName};
use mqttx_rs::payload::{PayloadFormat, Record};

#[test]
fn printing_a_message_takes_no_memory_at_steady_state() {
    let color = Stream { terminal: true, color: true, unicode: true };
    for stream in [Stream::PIPE, color] {
        for (format, shape) in [
            (PayloadFormat::Plain, MessageShape::Default),
            (PayloadFormat::Hex, MessageShape::Default),
            (PayloadFormat::Plain, MessageShape::Raw),
            (PayloadFormat::Base64, MessageShape::Raw),
            (
                PayloadFormat::Plain,
                MessageShape::Template("%10t %p %P @Y-@m-@dT@H:@M:@S.@N@z %U %-5l %x".parse().unwrap()),
            ),
        ] {
            let described = format!("{shape:?} as {format} on {stream:?}");
            let options = PrinterOptions {
                shape,
                codec: format.into(),
                verbose: true,
                delimiter: Bytes::from_static(b"\n"),
                file: None,
            };
            let talk = Talk::new(stream, true, ErrorFormat::Text);
            let mut printer = MessagePrinter::new(options, Stdout::with_writer(io::sink(), stream), talk);
            let record = record();
            let mut print_many = || {
                for _ in 0..5000 {
                    printer.print(&record).unwrap();
                }
            };
            print_many();
            let allocations = allocation_counter::measure(print_many);
            assert_eq!(allocations.count_total, 0, "{described}");
        }
    }
}

fn record() -> Record {
    let mut message = Message::new(TopicName::parse("汽车/1").unwrap(), "{\"speed\":[21.5,null],\"unit\":\"km/h\"}");
    message.properties = Some(Arc::new(PublishProperties {
        user_properties: vec![("region".into(), "eu".into()), ("region".into(), "us".into())],
        correlation_data: Some(Bytes::from_static(b"\x1b\xff")),
        ..PublishProperties::default()
    }));
    Record::new(message)
}
