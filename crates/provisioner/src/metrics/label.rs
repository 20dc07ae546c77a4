//! The values of labels.

/// Declares what a label can be, with the text of each value.
macro_rules! label {
    ($(#[$about:meta])* $name:ident { $($(#[$of:meta])* $value:ident = $text:literal,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $($(#[$of])* $value,)*
        }

        impl $name {
            /// The texts of all values.
            pub const TEXTS: &[&'static str] = &[$($text),*];

            /// Its text in a label.
            #[must_use]
            pub fn text(self) -> &'static str {
                match self { $(Self::$value => $text,)* }
            }
        }
    };
}

label! {
    /// How a reconcile ended.
    Reconciled {
        /// There is nothing left to do.
        Settled = "settled",
        /// Something is on its way: a rollout, a deletion.
        Progressing = "progressing",
        /// It failed, and is tried again.
        Retried = "retried",
        /// It failed, and is not tried again before somebody changes something.
        Stalled = "stalled",
        /// It was ended from outside: the deployment has changed, or the lease was lost.
        Cancelled = "cancelled",
        /// It came upon a bug, and is tried again.
        Panicked = "panicked",
    }
}

label! {
    /// A step of a reconcile.
    Step {
        /// A source is looked up, and its content is fetched or found in the cache.
        Unpack = "unpack",
        /// Files become a bundle.
        Read = "read",
        /// A bundle becomes manifests.
        Convert = "convert",
        /// Manifests become a plan.
        Plan = "plan",
        /// The plan is compared with the cluster.
        Look = "look",
        /// Objects are created and changed.
        Write = "write",
        /// The health of what was applied is judged.
        Observe = "observe",
        /// What is not wanted any more is deleted.
        Prune = "prune",
        /// Everything is deleted.
        Teardown = "teardown",
    }
}

label! {
    /// Where content comes from: `spec.source.type`.
    Source {
        /// A registry.
        Image = "image",
        /// A git repository.
        Git = "git",
        /// A web server.
        Http = "http",
        /// `ConfigMaps`.
        ConfigMaps = "configMaps",
    }
}

label! {
    /// What came of asking for content.
    Fetched {
        /// It came over the network.
        Fetched = "fetched",
        /// It was there.
        Cached = "cached",
        /// It did not come.
        Failed = "failed",
    }
}

label! {
    /// What was done to an object.
    Written {
        /// It was made.
        Created = "created",
        /// It was made otherwise.
        Changed = "changed",
        /// It was deleted.
        Deleted = "deleted",
    }
}
