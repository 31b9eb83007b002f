/// # AppChannels
