#if canImport(Security)
    import Foundation
    import Security

    /// Secrets in the Keychain: readable by this app on this device from the first unlock on, and in no backup.
    ///
    /// The Keychain survives the removal of the app. What is found by an app that is installed again belongs to a database
    /// that is gone, and is written over when the device enrols.
    public struct KeychainSecrets: SecretStore {
        private let service: String
        private let accessGroup: String?

        /// - Parameters:
        ///   - service: Under which the secrets are kept; one for each database.
        ///   - accessGroup: The group that the app shares with its extensions; the app's own where `nil`.
        public init(service: String = "dev.satchel", accessGroup: String? = nil) {
            self.service = service
            self.accessGroup = accessGroup
        }

        /// The secret of that name; `nil` where there is none.
        public func load(_ name: String) throws -> Data? {
            var query = item(name)
            query[kSecReturnData] = true
            query[kSecMatchLimit] = kSecMatchLimitOne
            var found: CFTypeRef?
            let status = SecItemCopyMatching(query as CFDictionary, &found)
            if status == errSecItemNotFound { return nil }
            try check(status)
            return found as? Data
        }

        /// Keeps a secret, in the place of one of the same name.
        public func store(_ name: String, _ secret: Data) throws {
            var query = item(name)
            let kept: [CFString: Any] = [
                kSecValueData: secret,
                kSecAttrAccessible: kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly,
            ]
            query.merge(kept) { _, new in new }
            let status = SecItemAdd(query as CFDictionary, nil)
            if status == errSecDuplicateItem {
                try check(SecItemUpdate(item(name) as CFDictionary, kept as CFDictionary))
            } else {
                try check(status)
            }
        }

        /// Forgets a secret.
        public func forget(_ name: String) throws {
            let status = SecItemDelete(item(name) as CFDictionary)
            if status != errSecItemNotFound { try check(status) }
        }

        private func item(_ name: String) -> [CFString: Any] {
            var query: [CFString: Any] = [
                kSecClass: kSecClassGenericPassword,
                kSecAttrService: service,
                kSecAttrAccount: name,
                kSecUseDataProtectionKeychain: true,
            ]
            query[kSecAttrAccessGroup] = accessGroup
            return query
        }

        /// Everything but success means: not now. A phone that was not unlocked since it started says
        /// `errSecInteractionNotAllowed`.
        private func check(_ status: OSStatus) throws {
            guard status == errSecSuccess else {
                throw NSError(domain: NSOSStatusErrorDomain, code: Int(status))
            }
        }
    }
#endif
