//! The controller that both provisioners share.
