//! The relay: orders, merges, projects and hands on changes, and knows who may see and do what.
//!
//! Lowest first: [`store`] keeps, [`identity`] knows people, [`api`] answers over HTTP, [`serve`] puts it on a socket;
//! [`admin`] does the same work from the command line.

pub mod admin;
pub mod api;
pub mod command;
pub mod config;
pub mod dashboard;
pub mod exchange;
pub mod figure;
pub mod identity;
pub mod insight;
pub mod live;
pub mod mark;
pub mod qr;
pub mod relay;
pub mod serve;
pub mod shelf;
pub mod state;
pub mod store;
pub mod telemetry;
