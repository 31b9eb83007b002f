/// # RedisClient
