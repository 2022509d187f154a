use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};

use crate::transport::ServerCertificate;

/// An authority for one run: its certificate is in a file, for `--ca`, and its key is discarded once it has signed the
/// broker's certificate. Dropping it removes the file.
#[derive(Debug)]
pub(in crate::broker) struct Authority {
    folder: PathBuf,
    certificate: PathBuf,
}

impl Authority {
    /// A new authority, and a certificate that it signed: for this machine and for the listening address.
    pub(in crate::broker) fn new(address: IpAddr) -> io::Result<(Self, ServerCertificate)> {
        let (authority, chain, key) = certify(names(address)).map_err(io::Error::other)?;
        let certificate = ServerCertificate::new(vec![chain.into()], key).map_err(io::Error::other)?;
        // A folder that no one else can have created before.
        let name = format!("mqttx-rs-{}-{:08x}", std::process::id(), fastrand::u32(..));
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder)?;
        let path = folder.join("ca.pem");
        let this = Self { folder, certificate: path };
        fs::write(&this.certificate, authority)?;
        Ok((this, certificate))
    }

    /// The file of its certificate.
    pub(in crate::broker) fn certificate(&self) -> &Path {
        &self.certificate
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        // Files of others are left there.
        _ = fs::remove_file(&self.certificate);
        _ = fs::remove_dir(&self.folder);
    }
}

type Certified = (String, Vec<u8>, tokio_rustls::rustls::pki_types::PrivateKeyDer<'static>);

/// The authority's certificate as PEM, the broker's as DER, and the broker's key.
fn certify(names: Vec<String>) -> Result<Certified, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name.push(DnType::CommonName, "mqttx-rs broker, authority of one run");
    let key = KeyPair::generate()?;
    let authority = params.self_signed(&key)?.pem();
    let issuer = Issuer::new(params, key);

    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, "mqttx-rs broker");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, &issuer)?;
    Ok((authority, certificate.der().to_vec(), key.into()))
}

/// The names by which clients may address this machine.
fn names(address: IpAddr) -> Vec<String> {
    let mut names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
    if !address.is_unspecified() && !names.contains(&address.to_string()) {
        names.push(address.to_string());
    }
    #[cfg(unix)]
    if let Ok(name) = rustix::system::uname().nodename().to_str()
        && !name.is_empty()
        && name.is_ascii()
        && !names.iter().any(|known| known == name)
    {
        names.push(name.to_owned());
    }
    names
}
