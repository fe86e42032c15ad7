//! How our values stand in CBOR; for `#[cbor(with = …)]`.

/// Sixteen-byte ids as CBOR byte strings; for `#[cbor(with)]`.
pub(super) mod id {
    use minicbor::decode::Error;
    use minicbor::encode::{self, Write};
    use minicbor::{Decoder, Encoder};

    use crate::ids;

    /// An id that is sixteen bytes.
    pub(crate) trait Sixteen: Sized {
        fn get(&self) -> &[u8; 16];
        fn make(bytes: [u8; 16]) -> Self;
    }

    macro_rules! sixteen {
        ($($name:ty),*) => { $(impl Sixteen for $name {
            fn get(&self) -> &[u8; 16] { self.as_bytes() }
            fn make(bytes: [u8; 16]) -> Self { Self::from_bytes(bytes) }
        })* };
    }
    sixteen!(ids::RunId, ids::DocumentId, ids::ScopeId, ids::MemberId);

    impl Sixteen for ids::ActorId {
        fn get(&self) -> &[u8; 16] {
            &self.0
        }
        fn make(bytes: [u8; 16]) -> Self {
            Self(bytes)
        }
    }

    pub(crate) fn encode<C, T: Sixteen, W: Write>(
        id: &T,
        encoder: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        encoder.bytes(id.get())?.ok()
    }

    pub(crate) fn decode<C, T: Sixteen>(decoder: &mut Decoder<'_>, _: &mut C) -> Result<T, Error> {
        let bytes = decoder.bytes()?;
        bytes
            .try_into()
            .map(T::make)
            .map_err(|_| Error::message("an id has sixteen bytes"))
    }
}

/// An optional id; absent parts are left out at the end and null in between.
pub(super) mod maybe_id {
    use minicbor::data::Type;
    use minicbor::decode::Error;
    use minicbor::encode::{self, Write};
    use minicbor::{Decoder, Encoder};

    use super::id::{self, Sixteen};

    #[expect(clippy::ref_option, reason = "the signature that minicbor asks for")]
    pub(crate) fn encode<C, T: Sixteen, W: Write>(
        value: &Option<T>,
        encoder: &mut Encoder<W>,
        context: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        match value {
            Some(value) => id::encode(value, encoder, context),
            None => encoder.null()?.ok(),
        }
    }

    pub(crate) fn decode<C, T: Sixteen>(decoder: &mut Decoder<'_>, context: &mut C) -> Result<Option<T>, Error> {
        if decoder.datatype()? == Type::Null {
            decoder.null()?;
            return Ok(None);
        }
        id::decode(decoder, context).map(Some)
    }

    #[expect(
        clippy::option_option,
        clippy::unnecessary_wraps,
        reason = "the signature that minicbor asks for"
    )]
    pub(crate) fn nil<T>() -> Option<Option<T>> {
        Some(None)
    }

    #[expect(clippy::ref_option, reason = "the signature that minicbor asks for")]
    pub(crate) fn is_nil<T>(value: &Option<T>) -> bool {
        value.is_none()
    }
}

/// Heads as one byte string, 32 bytes a hash; for `#[cbor(with)]`.
pub(super) mod heads {
    use minicbor::decode::Error;
    use minicbor::encode::{self, Write};
    use minicbor::{Decoder, Encoder};

    use crate::ids::Heads;

    pub(crate) fn encode<C, W: Write>(
        heads: &Heads,
        encoder: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        encoder.bytes(&heads.to_bytes())?.ok()
    }

    pub(crate) fn decode<C>(decoder: &mut Decoder<'_>, _: &mut C) -> Result<Heads, Error> {
        Heads::from_bytes(decoder.bytes()?).map_err(|_| Error::message("heads are hashes of 32 bytes"))
    }
}

/// Hashes one after another as one byte string, in the order given; for `#[cbor(with)]`.
pub(super) mod heads_in_order {
    use minicbor::decode::Error;
    use minicbor::encode::{self, Write};
    use minicbor::{Decoder, Encoder};

    use crate::ids::ChangeHash;

    pub(crate) fn encode<C, W: Write>(
        hashes: &[ChangeHash],
        encoder: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        let bytes: Vec<u8> = hashes.iter().flat_map(|hash| hash.0).collect();
        encoder.bytes(&bytes)?.ok()
    }

    pub(crate) fn decode<C>(decoder: &mut Decoder<'_>, _: &mut C) -> Result<Vec<ChangeHash>, Error> {
        let (hashes, rest) = decoder.bytes()?.as_chunks::<32>();
        if rest.is_empty() {
            Ok(hashes.iter().map(|hash| ChangeHash(*hash)).collect())
        } else {
            Err(Error::message("hashes have 32 bytes"))
        }
    }
}

/// The name of a pack as one byte string; for `#[cbor(with)]`.
pub(super) mod pack_hash {
    use minicbor::decode::Error;
    use minicbor::encode::{self, Write};
    use minicbor::{Decoder, Encoder};

    use crate::wire::PackHash;

    pub(crate) fn encode<C, W: Write>(
        hash: &PackHash,
        encoder: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        encoder.bytes(&hash.0)?.ok()
    }

    pub(crate) fn decode<C>(decoder: &mut Decoder<'_>, _: &mut C) -> Result<PackHash, Error> {
        let bytes = decoder.bytes()?;
        bytes
            .try_into()
            .map(PackHash)
            .map_err(|_| Error::message("a pack's name has 32 bytes"))
    }
}

/// A list of ids.
pub(super) mod ids {
    use minicbor::decode::Error;
    use minicbor::encode::{self, Write};
    use minicbor::{Decoder, Encoder};

    use super::id::{self, Sixteen};

    pub(crate) fn encode<C, T: Sixteen, W: Write>(
        list: &Vec<T>,
        encoder: &mut Encoder<W>,
        context: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        encoder.array(list.len() as u64)?;
        for one in list {
            id::encode(one, encoder, context)?;
        }
        Ok(())
    }

    pub(crate) fn decode<C, T: Sixteen>(decoder: &mut Decoder<'_>, context: &mut C) -> Result<Vec<T>, Error> {
        let length = decoder
            .array()?
            .ok_or_else(|| Error::message("lists say how long they are"))?;
        // The length is the sender's word: memory grows with what really comes.
        let mut list = Vec::new();
        for _ in 0..length {
            list.push(id::decode(decoder, context)?);
        }
        Ok(list)
    }
}

/// What a grant allows, as a number.
pub(super) mod access {
    use minicbor::decode::Error;
    use minicbor::encode::{self, Write};
    use minicbor::{Decoder, Encoder};

    use crate::policy::Access;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that minicbor asks for")]
    pub(crate) fn encode<C, W: Write>(
        access: &Access,
        encoder: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        let code = match access {
            Access::Read => 0,
            Access::Write => 1,
            Access::Manage => 2,
        };
        encoder.u8(code)?.ok()
    }

    pub(crate) fn decode<C>(decoder: &mut Decoder<'_>, _: &mut C) -> Result<Access, Error> {
        match decoder.u8()? {
            0 => Ok(Access::Read),
            1 => Ok(Access::Write),
            2 => Ok(Access::Manage),
            _ => Err(Error::message("no such access")),
        }
    }
}
