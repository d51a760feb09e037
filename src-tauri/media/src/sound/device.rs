//! Sound devices by cpal, seen as 48 kHz mono streams of `f32`.
//!
//! Without a sound card cpal gives a default device whose configuration fails: only a configuration
//! proves a device.

use super::resample::Resampler;
use super::{RATE, SoundError};
use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{
    BufferSize, Device, ErrorKind, FromSample, Sample, SampleFormat, SizedSample, Stream, StreamConfig,
    SupportedStreamConfig,
};
use std::time::Duration;

/// How long a sound system may take to set a stream up.
const SETUP: Duration = Duration::from_secs(1);

/// A running stream; dropping it ends the sound.
pub struct OpenStream {
    _stream: Stream,
    /// As the system calls the device.
    pub name: String,
}

/// Names of the output devices that can be opened.
pub fn output_names() -> Vec<String> {
    let Ok(devices) = cpal::default_host().output_devices() else { return Vec::new() };
    devices.filter(|device| device.default_output_config().is_ok()).map(|device| name_of(&device)).collect()
}

/// Name of the default microphone, if it can be configured.
pub fn check_input() -> Result<String, SoundError> {
    let (device, _) = input()?;
    Ok(name_of(&device))
}

/// Name of the default output, if it can be configured.
pub fn check_output() -> Result<String, SoundError> {
    let (device, _) = output(None)?;
    Ok(name_of(&device))
}

/// Plays what `source` gives, sample by sample; `failed` is called when the device goes away.
pub fn play(
    name: Option<&str>,
    source: impl FnMut() -> f32 + Send + 'static,
    failed: impl FnMut(SoundError) + Send + 'static,
) -> Result<OpenStream, SoundError> {
    let (device, config) = output(name)?;
    let stream = match config.sample_format() {
        SampleFormat::F32 => play_as::<f32>(&device, &config, source, failed),
        SampleFormat::I16 => play_as::<i16>(&device, &config, source, failed),
        SampleFormat::U16 => play_as::<u16>(&device, &config, source, failed),
        SampleFormat::I32 => play_as::<i32>(&device, &config, source, failed),
        _other => Err(SoundError::Failed),
    }?;
    stream.play().map_err(|e| classify(&e))?;
    Ok(OpenStream { _stream: stream, name: name_of(&device) })
}

/// Records; `sink` gets blocks of samples on the sound system's thread.
pub fn record(
    sink: impl FnMut(&[f32]) + Send + 'static,
    failed: impl FnMut(SoundError) + Send + 'static,
) -> Result<OpenStream, SoundError> {
    let (device, config) = input()?;
    let stream = match config.sample_format() {
        SampleFormat::F32 => record_as::<f32>(&device, &config, sink, failed),
        SampleFormat::I16 => record_as::<i16>(&device, &config, sink, failed),
        SampleFormat::U16 => record_as::<u16>(&device, &config, sink, failed),
        SampleFormat::I32 => record_as::<i32>(&device, &config, sink, failed),
        _other => Err(SoundError::Failed),
    }?;
    stream.play().map_err(|e| classify(&e))?;
    Ok(OpenStream { _stream: stream, name: name_of(&device) })
}

fn play_as<T: SizedSample + FromSample<f32>>(
    device: &Device,
    config: &SupportedStreamConfig,
    mut source: impl FnMut() -> f32 + Send + 'static,
    mut failed: impl FnMut(SoundError) + Send + 'static,
) -> Result<Stream, SoundError> {
    let channels = usize::from(config.channels().max(1));
    let mut resampler = Resampler::new(RATE, config.sample_rate());
    let mut next = 0.0;
    device
        .build_output_stream::<T, _, _>(
            stream_config(config),
            move |data, _| {
                for group in data.chunks_mut(channels) {
                    group.fill(T::from_sample(resampler.pull(&mut source, &mut next)));
                }
            },
            move |error| report(&error, &mut failed),
            Some(SETUP),
        )
        .map_err(|e| classify(&e))
}

fn record_as<T: SizedSample>(
    device: &Device,
    config: &SupportedStreamConfig,
    mut sink: impl FnMut(&[f32]) + Send + 'static,
    mut failed: impl FnMut(SoundError) + Send + 'static,
) -> Result<Stream, SoundError>
where
    f32: FromSample<T>,
{
    let channels = usize::from(config.channels().max(1));
    let share = 1.0 / f32::from(config.channels().max(1));
    let mut resampler = Resampler::new(config.sample_rate(), RATE);
    let mut block = Vec::new();
    device
        .build_input_stream::<T, _, _>(
            stream_config(config),
            move |data, _| {
                block.clear();
                for group in data.chunks(channels) {
                    let sum: f32 = group.iter().map(|&sample| f32::from_sample(sample)).sum();
                    resampler.push(sum * share, |sample| block.push(sample));
                }
                sink(&block);
            },
            move |error| report(&error, &mut failed),
            Some(SETUP),
        )
        .map_err(|e| classify(&e))
}

fn stream_config(config: &SupportedStreamConfig) -> StreamConfig {
    StreamConfig {
        channels: config.channels(),
        sample_rate: config.sample_rate(),
        buffer_size: BufferSize::Default,
    }
}

/// Underruns and re-routing are not failures: the stream goes on.
fn report(error: &cpal::Error, failed: &mut impl FnMut(SoundError)) {
    match error.kind() {
        ErrorKind::DeviceNotAvailable | ErrorKind::HostUnavailable | ErrorKind::PermissionDenied => {
            failed(classify(error));
        }
        _goes_on => tracing::debug!(kind = ?error.kind(), "sound stream"),
    }
}

fn classify(error: &cpal::Error) -> SoundError {
    match error.kind() {
        ErrorKind::DeviceNotAvailable | ErrorKind::HostUnavailable => SoundError::Missing,
        ErrorKind::DeviceBusy => SoundError::Busy,
        _other => SoundError::Failed,
    }
}

fn input() -> Result<(Device, SupportedStreamConfig), SoundError> {
    let device = cpal::default_host().default_input_device().ok_or(SoundError::Missing)?;
    let config = device.default_input_config().map_err(|e| classify(&e))?;
    Ok((device, config))
}

fn output(name: Option<&str>) -> Result<(Device, SupportedStreamConfig), SoundError> {
    let host = cpal::default_host();
    let device = match name {
        Some(name) => host
            .output_devices()
            .map_err(|e| classify(&e))?
            .find(|device| name_of(device) == name)
            .ok_or(SoundError::Missing)?,
        None => host.default_output_device().ok_or(SoundError::Missing)?,
    };
    let config = device.default_output_config().map_err(|e| classify(&e))?;
    Ok((device, config))
}

fn name_of(device: &Device) -> String {
    device.description().map_or_else(|_| String::from("?"), |description| description.name().to_owned())
}
