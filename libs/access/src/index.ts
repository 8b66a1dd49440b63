export { assertGuarded } from './assert-guarded.ts';
export { anyOf, bearerToken, openAccess, type Authenticator } from './authenticator.ts';
export { anonymous, hasScope, requireScope, type Caller } from './caller.ts';
export { createToken, tokenId, type NewToken, type TokenRequest } from './create-token.ts';
export { oidcTokens, type OidcOptions } from './oidc-tokens.ts';
export { openAuthenticator, type AccessSettings } from './open-authenticator.ts';
export { isScope, parseScopes, scopes, type Scope } from './scope.ts';
export { staticTokens } from './static-tokens.ts';
export { addToken, readTokenFile, removeToken, type TokenEntry } from './token-file.ts';
